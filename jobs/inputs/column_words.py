"""Words by which a column's name tells what it holds, in the languages that shops write in most; without accents.

A phrase is found in a name word by word ("first name" in `Billing First-Name`, `firstName`, `firstname`); one with "="
in front is the whole name. Words stand by what they are, in the order in which they are asked.
"""

from __future__ import annotations


def _phrases(text: str) -> tuple[str, ...]:
    return tuple(" ".join(phrase.split()) for phrase in text.split(","))


BOOKKEEPING = _phrases(
    """=index, =idx, =level 0, =level 1, =row, row id, row no, row num, row nr, row number, row index, rownum, =rn,
    =nr, =no, =lfd nr, =id, =pos, =position, created at, updated at, created on, updated on, =created, =updated,
    =modified, created date, creation date, date created, date added, date modified, modified at, modified on,
    last modified, last updated, last update, =last seen, inserted at, loaded at, load date, load time, load ts,
    ingested at, ingestion, imported at, import date, exported at, export date, extracted at, extraction,
    synced at, last sync, deleted at, published at, processed at, =valid from, =valid to, is current, is deleted,
    etl, elt, dwh, =dw, airbyte, fivetran, stitch, snapshot, batch id, batch, partition, =version, row version,
    schema version, record version, =dt, =ds, timestamp, erstellt, erstellt am, angelegt am, geaendert am,
    geandert am, aktualisiert am, cree le, modifie le, rowguid, row hash, surrogate key, primary key, source file,
    source system, file name, filename, newsletter, opt in, optin, consent, gdpr, dsgvo, accepts marketing,
    marketing, tax exempt"""
)
LAST = frozenset(
    _phrases(
        """id, ids, uuid, guid, gid, oid, pk, fk, hash, checksum, md5, sha, sha1, sha256, crc, etag, fingerprint, sku,
    ean, upc, gtin, isbn, asin, mpn, barcode, handle, slug, url, uri, link, href, image, img, thumbnail, src"""
    )
)
"""A name that ends in one of these is bookkeeping: keys, codes and addresses of files."""

NAMES = _phrases(
    """first name, last name, middle name, given name, family name, full name, maiden name, surname, forename, fname,
    lname, nickname, nick name, user name, username, login, display name, contact name, contact person,
    customer name, client name, member name, account name, billing name, shipping name, recipient, company,
    company name, =name, vorname, nachname, familienname, =firma, benutzername, prenom, =nom, nom de famille,
    nom complet, nom client, =nombre, nombre completo, nombre cliente, apellido, apellidos, =nome, nome cliente,
    nome completo, cognome, voornaam, achternaam, =naam, sobrenome, apelido, fornamn, efternamn, imie, nazwisko,
    =navn, =namn, primeiro nome, imie i nazwisko"""
)
CONTACTS = _phrases(
    """email, e mail, mail, phone, telephone, telefon, =tel, tel, telefono, telefoon, mobile, mobil, mobilnummer,
    handy, handynummer, cellphone, cell phone, movil, cellulare, fax, contact, kontakt, contacto, contatto,
    whatsapp, instagram, facebook, twitter, tiktok, linkedin, iban, bic, card number, credit card, ssn,
    social security, passport, vat number, vat id, tax id, tax number, steuernummer, ust id, ustid, nif, dni, cpf,
    cnpj, siret, codice fiscale, partita iva, password, passwort,
    telefone, celular, telefonnummer, puhelin, numer telefonu"""
)
ADDRESSES = _phrases(
    """address, addr, adresse, anschrift, street, strasse, hausnummer, house number, =rue, calle, direccion, =via,
    indirizzo, adres, straat, huisnummer, zip, zipcode, zip code, postcode, post code, postal, postal code, plz,
    postleitzahl, code postal, codigo postal, =cap, geohash, latitude, longitude, =lat, =lng, =lon, coordinates,
    gps, ip address, =ip,
    kod pocztowy, ulica, cep, endereco, postnummer, postnr, gatuadress"""
)
PLACES = _phrases(
    """city, town, village, stadt, =ort, wohnort, ville, commune, ciudad, citta, comune, plaats, woonplaats, gemeente,
    stad, cidade, miasto, district, neighborhood, neighbourhood"""
)
"""Where somebody lives, of customers only: a product may be named after a city."""
NOTES = _phrases(
    """note, notes, comment, comments, remark, remarks, memo, internal, staff, bemerkung, bemerkungen, notiz, notizen,
    kommentar, kommentare, anmerkung, anmerkungen, commentaire, commentaires, remarque, remarques, nota, notas,
    comentario, comentarios, observacion, observaciones, commento, commenti, osservazioni, opmerking, opmerkingen"""
)
SCENTS = frozenset(
    _phrases(
        """top, base, heart, head, middle, fragrance, scent, olfactory, aroma, flavor, flavour, tasting, perfume"""
    )
)
"""Before "notes" these are what a perfume or a tea is made of."""
BIRTHS = _phrases(
    """birth, birthday, birthdate, date of birth, dob, born, geburt, geburtsdatum, geburtstag, geburtsjahr, geboren,
    naissance, nacimiento, nascita, nascimento, geboortedatum"""
)

INTIMATE = _phrases(
    """health, gesundheit, sante, salud, salute, gezondheid, disease, illness, krankheit, maladie, enfermedad,
    malattia, medical, medication, medications, medicine, diagnosis, diagnose, allergy, allergies, allergen,
    allergens, allergic, allergie, allergien, allergene, allergenes, alergia, alergias, allergia, intolerance,
    intolerances, intolerant, unvertraeglichkeit, unvertraglichkeit, pregnant, pregnancy, schwanger,
    schwangerschaft, enceinte, grossesse, embarazo, embarazada, gravidanza, incinta, zwanger, trimester, due date,
    breastfeeding, fertility, menopause, menstrual, diabetes, diabetic, disability, disabled, handicap,
    behinderung, discapacidad, disabilita, religion, religious, faith, konfession, glaube, godsdienst, halal,
    kosher, sexual, sexuality, sexual orientation, lgbt,
    eczema, psoriasis, rosacea, asthma, celiac, epilepsy, cancer, hiv, depression, anxiety, therapy, adhd, blood type"""
)
"""What is nobody's business, whether a customer's cell or a product's says it."""
PRIVATE = _phrases(
    """income, salary, wage, wages, earnings, einkommen, gehalt, revenu, revenus, ingresos, reddito, inkomen, wealth,
    net worth, marital, marital status, married, familienstand, zivilstand, civil status, estado civil, etat civil,
    situation familiale, stato civile, burgerlijke staat, relationship, divorced, household, haushalt, kids,
    children, kinder, enfants, hijos, figli, kinderen, home ownership, homeowner, race, ethnicity, ethnic, ethnie,
    nationality, nationalitat, nationalite, nacionalidad, nazionalita, citizenship, immigration, gender, sex,
    geschlecht, sexe, sexo, genere, sesso, geslacht, pronouns, salutation, anrede, =title, age, =alter,
    altersgruppe, edad, =eta, leeftijd, church, orientation, politics, political, party, voter, union member, bmi,
    body weight, =weight, body fat, occupation, job, profession, beruf, education, criminal, caste, country, land,
    pays, pais, paese, region, state, province, county, bundesland, canton, timezone, time zone,
    spouse, partner, husband, wife, insurance"""
)
MEASURES = _phrases(
    """spent, spend, ltv, clv, lifetime value, revenue, turnover, umsatz, orders count, order count, total orders,
    number of orders, margin, profit, debt, balance, credit, credit score, credit limit, risk, churn, fraud, rfm,
    payer, payment, =tags, =tag, =labels, =score,
    =orders, last order, first order, average order, order value, aov, points, visits, sessions, session,
    last login, logins, last purchase, utm, referrer, referral, user agent, cookie"""
)
"""What a shop keeps about its customers for itself."""
TRADE = _phrases(
    """cost, costs, margin, profit, markup, wholesale, purchase price, einkaufspreis, supplier, lieferant,
    fournisseur, proveedor, fornitore, leverancier, stock, inventory, on hand, reorder"""
)
"""What a shop keeps about its products for itself."""
