//! Policies after real documents, cut down to what the mails show.

use deadlines::domain::almanac::Almanac;
use deadlines::domain::milestones::Kind;
use deadlines::domain::moments::{Direction, Granularity, Unit};
use deadlines::domain::policies::Policy;

use crate::world::{Draft, almanac, by, by_relative, every, on, window};

pub fn shipped() -> Almanac {
    almanac(vec![cz(), statutory(), zilveren_kruis(), revalidatie(), zorg_en_zekerheid()])
}

fn cz() -> Policy {
    let quarters = ["2024-01-01", "2024-04-01", "2024-07-01", "2024-10-01"];
    let draft =
        Draft::new("cz/paramedische-zorg-2024", Some("cz"), "Zorginkoopbeleid Paramedische zorg 2024", &["fysiotherapie", "logopedie"])
            .agreement("fysiotherapie", "2024-01-01", "2026-12-31")
            .agreement("logopedie", "2021-01-01", "2024-12-31")
            .module("fysiotherapie", "plus", "Plus", &quarters)
            .module("fysiotherapie", "netwerkzorg", "Netwerkzorg", &quarters)
            .module("fysiotherapie", "transparantie", "Transparantie (inclusief netwerkzorg)", &quarters)
            .module("logopedie", "transparantie", "Transparantie", &quarters);
    cz_recurring(cz_signing(draft)).0
}

fn cz_signing(draft: Draft) -> Draft {
    draft
        .milestone("fysiotherapie-aanbod", Kind::Offer, by("2023-09-30"), "title: Aanbod van de overeenkomst ontvangen
            action: Controleer of het aanbod er is en noteer de dag van ontvangst; de vraagtermijn telt daarvandaan.
            note: Alleen voor wie in 2023 een contract had.
            care: fysiotherapie
            section: 3.1 Tijdpad")
        .milestone("fysiotherapie-vragen", Kind::QuestionCutoff, by_relative(Direction::After, 4, Unit::Weeks, "fysiotherapie-aanbod"),
            "title: Laatste dag voor vragen over het aanbod
            who: anyone
            place: CZ, Relatiebeheer Zorgverleners: contactformulier of (0113) 27 46 61
            action: Stel de vragen over het aanbod.
            consequence: Daarna is de termijn voor vragen over het aanbod voorbij.
            note: Telt vanaf de dag waarop het aanbod bij de praktijk kwam. De tekendag schuift niet mee.
            care: fysiotherapie
            section: 3.1 Tijdpad; 3.4 Bereikbaarheid")
        .milestone("fysiotherapie-antwoord-op-tijd", Kind::Preparation,
            by_relative(Direction::Before, 10, Unit::WorkingDays, "fysiotherapie-ondertekenen"),
            "title: Vragen stellen met antwoord vóór de tekendag
            who: anyone
            place: CZ, Relatiebeheer Zorgverleners: contactformulier
            action: Stuur vragen waarop een antwoord nodig is om te besluiten.
            note: Zelf uitgerekend: CZ mikt op een antwoord in tien werkdagen als het formulier volledig is; dat is een streven.
            care: fysiotherapie
            section: 3.4 Bereikbaarheid")
        .milestone("fysiotherapie-ondertekenen", Kind::SigningDeadline, by("2023-11-06"),
            "title: Besluit over de overeenkomst: tekenen of weigeren
            who: signatory
            place: Zoals in het aanbod staat; het document noemt geen portaal
            action: Besluit over het aanbod en geef aanvaarding of weigering door.
            consequence: Het aanbod vervalt. Voor CZ is de praktijk dan niet gecontracteerd; hooguit kan zij voor 2024 nog als nieuwe contractant instappen.
            note: Deze dag telt zelf nog mee: het tijdpad en de geldigheid van het aanbod zeggen dat. De modules hebben in het tijdpad geen aparte tekendag.
            care: fysiotherapie
            section: 3.1 Tijdpad; 3.3 Het aanbod is beperkt geldig")
        .milestone("logopedie-module-ondertekenen", Kind::SigningDeadline, by("2023-12-31"),
            "title: Besluit over de module Transparantie: tekenen of weigeren
            who: signatory
            place: Zoals in het aanbod staat; het document noemt geen portaal
            action: Besluit over de aangeboden module en geef het door.
            consequence: De module komt dan niet tot stand; de basisovereenkomst loopt door.
            care: logopedie
            module: transparantie
            section: 3.1 Tijdpad")
}

fn cz_recurring(draft: Draft) -> Draft {
    draft
        .milestone(
            "fysiotherapie-netwerk-aansluiten",
            Kind::RegistrationDue,
            by_relative(Direction::Before, 1, Unit::Months, "module-start"),
            "title: Aansluiting bij een landelijk netwerk geregeld
            who: anyone
            place: Het netwerk zelf; welke netwerken tellen, meldt CZ via www.cz.nl/zorgaanbieder
            action: Zorg dat iedere zorgverlener die de aandoening behandelt bij het netwerk staat ingeschreven.
            consequence: De module kan dan niet op die startdag beginnen.
            module: netwerkzorg
            section: 2.5 Fysiotherapie, c. Module Netwerkzorg",
        )
        .milestone(
            "fysiotherapie-plus-prem",
            Kind::PatientExperience,
            every("FREQ=YEARLY", Granularity::Year, Some(("2023", "2025"))),
            "title: PREM-aantallen voor de route patiëntervaring
            who: anyone
            place: Het erkende meetbureau van de praktijk
            action: Zet in het kalenderjaar minstens 250 vragenlijsten uit of krijg er minstens 100 volledig ingevuld terug.
            consequence: De route patiëntervaring valt weg voor het jaar daarna; de route behandelindex blijft.
            module: plus
            section: 2.5 Fysiotherapie, b. Module Plus",
        )
        .milestone(
            "fysiotherapie-netwerk-data",
            Kind::DataDelivery,
            every("FREQ=MONTHLY", Granularity::Month, Some(("module-start", "agreement-end"))),
            "title: Maandelijks data aanleveren aan het netwerk
            who: anyone
            place: Database van het landelijke netwerk
            action: Lever per zorgverlener de gegevens aan die het netwerk vraagt.
            module: netwerkzorg
            section: Bijlage 2 Voorwaarden voor een netwerk",
        )
        .milestone(
            "overeenkomst-fysiotherapie-einde",
            Kind::ContractEnd,
            by_relative(Direction::After, 0, Unit::Days, "agreement-end"),
            "title: Laatste dag van de basisovereenkomst fysiotherapie
            care: fysiotherapie
            section: 2.5 Fysiotherapie",
        )
}

fn statutory() -> Policy {
    let rule = "FREQ=YEARLY;BYMONTH=11;BYMONTHDAY=12";
    let mut draft = Draft::new("statutory", None, "Wat elk jaar voor elke zorgverzekeraar geldt", &[]).milestone(
        "gecontracteerd-aanbod-publicatie",
        Kind::ContractedCarePublication,
        every(rule, Granularity::Day, None),
        "title: Gecontracteerd zorgaanbod voor het komende jaar openbaar
        action: Controleer de eigen vermelding in de zorgzoeker van de verzekeraar.
        note: Een dag waarop verzekeraars publiceren. Hoe lang een aanbod geldt, staat in het beleid van elke verzekeraar zelf.
        section: Publicatie van het gecontracteerde aanbod, jaarlijks",
    );
    draft.0.source.document = "Zorgverzekeringswet; NZa, Regeling transparantie zorginkoopproces Zvw".to_owned();
    draft.0
}

fn zilveren_kruis() -> Policy {
    Draft::new("zilveren-kruis/fysiotherapie-2026-2027", Some("zilveren-kruis"), "Inkoopbeleid Fysiotherapie 2026-2027", &["fysiotherapie"])
        .agreement("fysiotherapie", "2026-01-01", "2027-12-31")
        .milestone("portaal-open", Kind::PortalOpen, on("2025-09-29"), "title: Zorginkoopportaal open voor contractering
            place: VECOZO, Zorginkoopportaal
            action: Controleer of u kunt inloggen en of de gegevens van uw praktijk in Vektis kloppen.
            section: Planning en termijnen")
        .milestone("toegang-vecozo", Kind::Preparation, by_relative(Direction::Before, 5, Unit::WorkingDays, "portaal-open"),
            "title: Toegang tot het Zorginkoopportaal regelen
            who: anyone
            place: VECOZO, aanvraagformulier van het Zorginkoopportaal
            action: Vraag het persoonlijke certificaat en de autorisatie aan, zodat u op de openingsdag kunt inloggen.
            note: Zelf uitgerekend: een aanvraag duurt ten hoogste vijf werkdagen.
            section: Contracteerprocedure")
        .milestone("vragen-stellen", Kind::QuestionCutoff, by("2025-11-03"), "title: Vragen over het contractaanbod
            who: anyone
            place: Contactformulier voor zorgaanbieders op de website van de verzekeraar
            action: Stel vragen over het aanbod en geef opmerkingen door.
            consequence: Bij latere vragen is een antwoord vóór de tekendag niet toegezegd.
            section: Planning en termijnen; Contracteerprocedure")
        .milestone("ondertekenen", Kind::SigningDeadline, by("2025-11-10"), "title: Contractaanbod ondertekenen en bevestigen
            who: signatory
            place: VECOZO, Zorginkoopportaal, Contracteermodule
            action: Besluit over het aanbod; ondertekenen én bevestigen zijn twee stappen. Controleer vooraf uw gegevens in Vektis.
            consequence: Het portaal sluit, het aanbod vervalt en een bestaande praktijk kan voor deze periode geen overeenkomst meer krijgen.
            section: Planning en termijnen; Contracteerprocedure")
        .0
}

fn revalidatie() -> Policy {
    let care_type = "medisch-specialistische-revalidatie";
    let title = "Inkoopbeleid Medisch Specialistische Revalidatie 2021";
    Draft::new("zilveren-kruis/medisch-specialistische-revalidatie-2021", Some("zilveren-kruis"), title, &[care_type])
        .agreement(care_type, "2021-01-01", "2021-12-31")
        .milestone(
            "aanvragen",
            Kind::ApplicationDue,
            window("2020-05-01", "2020-07-01"),
            "title: Overeenkomst aanvragen als nieuwe aanbieder
            who: anyone
            place: Contactformulier zorginkoop; daarna de inkoopapplicatie met de toegestuurde inloggegevens
            action: Dien de aanvraag in, met de zorgvormen, de startdatum van de instelling en plannen voor extra vestigingen.
            section: Planning zorginkoop 2021",
        )
        .milestone(
            "ondertekenen",
            Kind::SigningDeadline,
            by("2020-12-31"),
            "title: Overeenkomst getekend, met prijslijst in VECOZO
            who: signatory
            place: VECOZO
            action: Besluit over de overeenkomst en controleer de prijslijst.
            target: yes
            section: Planning zorginkoop 2021",
        )
        .0
}

fn zorg_en_zekerheid() -> Policy {
    let title = "Zorginkoopbeleid Paramedische zorg 2024";
    Draft::new("zorg-en-zekerheid/paramedische-zorg-2024", Some("zorg-en-zekerheid"), title, &["fysiotherapie"])
        .agreement("fysiotherapie", "2024-01-01", "2026-12-31")
        .milestone(
            "ondertekenen",
            Kind::SigningDeadline,
            by("2023-11-09"),
            "title: Contractaanbod ondertekenen
            who: signatory
            place: VECOZO, Zorginkoopportaal
            action: Besluit over het aanbod; voor inzien en ondertekenen is een VECOZO-certificaat nodig.
            consequence: Zonder ondertekening komt de overeenkomst niet tot stand; een latere dag noemt de planning niet.
            section: 6.6 Planning; 6.2; 6.5",
        )
        .milestone(
            "tarieven-tweede-jaar",
            Kind::TariffPublication,
            by("2024-10"),
            "title: Tarieven voor het tweede contractjaar bekend
            action: Bekijk de nieuwe tarieven.
            note: Er staat eind oktober, zonder dag.
            section: 6.4 Bepalen van de tarieven",
        )
        .0
}
