"""A mail server on the loopback for .ci/systemd-boot: wants a login, keeps what it takes, and waits before it answers while a file says so."""

import base64
import os
import socketserver
import sys
import time

port, folder, password = int(sys.argv[1]), sys.argv[2], sys.argv[3]
login = base64.b64encode(f"\0deadlines\0{password}".encode()).decode()
wait = os.path.join(folder, "wait")
os.makedirs(os.path.join(folder, "new"), exist_ok=True)


class Talk(socketserver.StreamRequestHandler):
    disable_nagle_algorithm = True

    def say(self, line):
        self.wfile.write(line.encode() + b"\r\n")

    def handle(self):
        known = False
        self.say("220 relay.example")
        for line in self.rfile:
            line = line.decode(errors="replace").strip()
            word = line.split(" ")[0].upper()
            if word == "EHLO":
                self.say("250-relay.example")
                self.say("250 AUTH PLAIN")
            elif word == "AUTH":
                known = line == f"AUTH PLAIN {login}"
                self.say("235 2.7.0 welcome" if known else "535 5.7.8 who are you")
            elif word == "MAIL" and not known:
                self.say("530 5.7.0 log in first")
            elif word == "DATA":
                self.say("354 go on")
                self.take()
            elif word == "QUIT":
                self.say("221 2.0.0 bye")
                return
            else:
                self.say("250 2.0.0 ok")

    def take(self):
        lines = []
        for line in self.rfile:
            if line == b".\r\n":
                break
            lines.append(line)
        name = f"{time.time_ns()}.eml"
        open(os.path.join(folder, "new", name), "wb").write(b"".join(lines))
        while os.path.exists(wait):
            time.sleep(0.05)
        self.say(f"250 2.0.0 taken as {name}")


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


with Server(("127.0.0.1", port), Talk) as server:
    server.serve_forever()
