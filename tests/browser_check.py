"""Lays HTML mails out in Chromium, on a phone and on a desk, in the light and in the dark, and holds them against what a reader needs.

Usage: browser_check.py FILE... (needs chromium)
"""

import html
import json
import pathlib
import re
import subprocess
import sys
import tempfile

WIDTHS = (320, 390, 760)
SCHEMES = {"light": "1", "dark": "0"}  # blink's numbers
MAILS_A_PAGE = 12

# Runs in the page: what is wrong with each mail, as a list of sentences.
SCRIPT = """
const parse = colour => (colour.match(/[\\d.]+/g) || []).map(Number);
const linear = value => { value /= 255; return value <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4; };
const light = ([r, g, b]) => 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
const contrast = (a, b) => { const [x, y] = [light(a), light(b)].sort((p, q) => q - p); return (x + 0.05) / (y + 0.05); };
const ground = (element, view) => {
  for (let at = element; at; at = at.parentElement) {
    const colour = parse(view.getComputedStyle(at).backgroundColor);
    if (colour.length === 3 || colour[3] === 1) return colour;
  }
  return [255, 255, 255];
};
const problems = frame => {
  const page = frame.contentDocument, view = frame.contentWindow, found = [];
  const width = page.documentElement.clientWidth;
  if (page.documentElement.scrollWidth > width) found.push(`is ${page.documentElement.scrollWidth} wide`);
  for (const element of page.body.querySelectorAll('*')) {
    const box = element.getBoundingClientRect();
    if (box.right > width + 0.5) found.push(`<${element.tagName}> ends at ${box.right}: ${element.textContent.trim().slice(0, 40)}`);
  }
  const walker = page.createTreeWalker(page.body, NodeFilter.SHOW_TEXT);
  let texts = 0;
  while (walker.nextNode()) {
    const text = walker.currentNode.textContent.trim();
    const element = walker.currentNode.parentElement, style = view.getComputedStyle(element);
    if (!text || element.tagName === 'STYLE') continue;
    texts += 1;
    const size = parseFloat(style.fontSize), bold = Number(style.fontWeight) >= 700;
    const least = size >= 24 || (bold && size >= 18.66) ? 3 : 4.5;
    const ratio = contrast(parse(style.color), ground(element, view));
    if (ratio < least) found.push(`contrast ${ratio.toFixed(2)} of "${text.slice(0, 40)}"`);
    if (size < 12) found.push(`${size}px is too small: "${text.slice(0, 40)}"`);
  }
  if (texts < 3) found.push('hardly any text');
  for (const button of page.querySelectorAll('td.button a')) {
    if (button.getBoundingClientRect().height < 40) found.push('a button too low for a thumb');
  }
  for (const image of page.querySelectorAll('img')) if (!image.alt) found.push('an image without alt text');
  if (!page.documentElement.lang) found.push('no language');
  return found;
};
window.onload = () => {
  const frames = [...document.querySelectorAll('iframe')];
  const said = frames.map(frame => ({ mail: frame.title, width: frame.width, problems: problems(frame) }));
  const result = { dark: matchMedia('(prefers-color-scheme: dark)').matches, said };
  const shown = document.createElement('pre');
  shown.textContent = JSON.stringify(result);
  document.body.replaceChildren(shown);
};
"""


def page(mails: list[pathlib.Path]) -> str:
    """One page with every mail in a frame of every width; `color-scheme` lets the frames be dark."""
    frames = [
        f'<iframe title="{html.escape(mail.name)}" width="{width}" height="900" srcdoc="{html.escape(mail.read_text("utf-8"))}"></iframe>'
        for mail in mails
        for width in WIDTHS
    ]
    head = '<!doctype html><meta charset="utf-8"><meta name="color-scheme" content="light dark">'
    return f"{head}<script>{SCRIPT}</script><body>{''.join(frames)}</body>"


def laid_out(mails: list[pathlib.Path], scheme: str, folder: pathlib.Path) -> dict:
    """What the script says of these mails."""
    file = folder / "page.html"
    file.write_text(page(mails), "utf-8")
    command = ["chromium", "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", f"--user-data-dir={folder}/profile"]
    command += [f"--blink-settings=preferredColorScheme={SCHEMES[scheme]}", "--virtual-time-budget=20000", "--dump-dom", file.as_uri()]
    shown = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True).stdout
    found = re.search(r"<pre>(.*)</pre>", shown, re.DOTALL)
    if found is None:
        sys.exit(f"chromium gave no result: {shown[:300]}")
    return json.loads(html.unescape(found.group(1)))


def remote_parts(mail: pathlib.Path) -> list[str]:
    """Whatever would be fetched from somewhere: a mail must not call home."""
    text = mail.read_text("utf-8")
    return re.findall(r"(?:src|background|poster)\s*=|url\(|@import|<(?:img|link|script|iframe|object|video)\b", text, re.IGNORECASE)


def main(names: list[str]) -> int:
    """Prints every problem, and gives 1 if there are any."""
    mails = [pathlib.Path(name) for name in names]
    problems = [f"{mail.name}: fetches something: {part}" for mail in mails for part in remote_parts(mail)]
    frames = 0
    with tempfile.TemporaryDirectory() as folder:
        for scheme in SCHEMES:
            for start in range(0, len(mails), MAILS_A_PAGE):
                result = laid_out(mails[start : start + MAILS_A_PAGE], scheme, pathlib.Path(folder))
                if result["dark"] != (scheme == "dark"):
                    sys.exit(f"chromium does not show the {scheme} scheme")
                frames += len(result["said"])
                problems += [f"{one['mail']} at {one['width']}, {scheme}: {problem}" for one in result["said"] for problem in one["problems"]]
    print("\n".join(problems))
    print(f"{len(mails)} mails, {frames} layouts, {len(problems)} problems")
    return 1 if problems or not mails else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]) if len(sys.argv) > 1 else __doc__)
