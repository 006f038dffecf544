"""What each column is used for: bookkeeping and personal columns teach nothing, private ones are never said."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from jobs.config.load import load, read_draft
from jobs.config.reasons import Reasons
from jobs.inputs.column_kinds import kind_by_cells, kind_by_name
from jobs.inputs.column_uses import column_uses, not_read, not_said
from jobs.inputs.tables import look, read
from tests.jobs.small_campaign import CUSTOMERS, PRODUCTS, TOML, write_small_campaign
from tests.jobs.small_shop import campaign

NAMES = "First Name,lastName,surname,nick_name,Vorname,Nachname,Prénom,Apellidos,Cognome,voornaam,customer_name,Company"
CONTACTS = "E-Mail,email_address,Phone,Handynummer,teléfono,mobile,WhatsApp,IBAN,Codice Fiscale,instagram_handle2"
ADDRESSES = (
    "Default Address1,Shipping Street,Straße,PLZ,zip,ZipCode,post_code,Code Postal,Default Address City,Wohnort,lat,ip"
)
NOTES = "Note,staff_notes,Kommentar,internal remark,Commentaire,osservazioni,comments"
BIRTHS = "birthday,date_of_birth,DOB,Geburtsdatum,birth_year,fecha_nacimiento"
PRIVATE = (
    "income,Marital Status,religion,health_condition,gender,Geschlecht,is_pregnant,Schwangerschaft,disability,ethnicity"
    ",age,political_party,sexual orientation,allergies,kids_count,household_comp,country,estado civil,BMI,weight"
)
OWN = "Total Spent,LTV,orders_count,churn_risk,rfm_segment,Tags,credit_limit"
BOOKKEEPING = (
    "__index_level_0__,Unnamed: 0,unnamed_3,index,level_0,_id,_airbyte_raw_id,created_at,updatedAt,Last Modified"
    ",etl_run,row_hash,row number,id,shopify_id,X,V3,_sdc_batched_at,batch,dwh_loaded,Accepts Email Marketing,uuid"
)
TASTES = (
    "hair_type,skin_type,plan,diet,favourite_brand,shoe_size,signup_channel,loyalty_tier,eye_colour,scent,concerns"
    ",statement,landing_page,skin_tone,preferred_notes_of_scent,quiz_style"
)


@pytest.mark.parametrize(
    ("kind", "columns"),
    [
        ("names", NAMES),
        ("contacts", CONTACTS),
        ("addresses", ADDRESSES),
        ("notes", NOTES),
        ("birth dates", BIRTHS),
        ("private", PRIVATE),
        ("the shop's own", OWN),
        ("bookkeeping", BOOKKEEPING),
        (None, TASTES),
    ],
)
def test_names_of_customers_columns(kind: str | None, columns: str) -> None:
    assert {name: kind_by_name(name, "customers") for name in columns.split(",")} == dict.fromkeys(
        columns.split(","), kind
    )


@pytest.mark.parametrize(
    ("kind", "columns"),
    [
        ("contacts", "contact,supplier_email,Kontakt"),
        ("notes", "supplier_note,comment,internal"),
        ("bookkeeping", "Variant SKU,image_url,brand_id,published_at,Handle,Unnamed: 0"),
        ("private", "pregnancy_safe,allergens,halal"),
        ("the shop's own", "margin,Cost per item,supplier,wholesale_price"),
        (
            None,
            "top_notes,fragrance notes,for_hair,contains,texture,spf,city,gender,style,size,country_of_origin,age",
        ),
    ],
)
def test_names_of_products_columns(kind: str | None, columns: str) -> None:
    assert {name: kind_by_name(name, "products") for name in columns.split(",")} == dict.fromkeys(
        columns.split(","), kind
    )


@pytest.mark.parametrize(
    ("cells", "kind"),
    [
        (list(range(100, 140)), "row numbers"),
        ([3 * number + number % 2 for number in range(40)], "row numbers"),
        (list(reversed(range(40))), "row numbers"),
        ([f"{number}.0" for number in range(40)], "row numbers"),
        ([f"someone{number % 9}@mail.example" for number in range(40)], "contacts"),
        (["0f8fad5b-d9cb-469f-a165-70867728950e"] * 20 + ["7c9e6679-7425-40de-944b-e07fc1f90ae7"] * 20, "keys"),
        (["d41d8cd98f00b204e9800998ecf8427e", "9e107d9d372bb6826bd81d3542a419d6"] * 20, "keys"),
        ([number % 20 for number in range(40)], None),
        ([19 + 7 * number % 41 for number in range(39)], None),
        (list(range(16)), None),
        (["curly", "straight"] * 20, None),
        ([""] * 40, None),
    ],
)
def test_cells_tell_whatever_the_name(cells: list[Any], kind: str | None) -> None:
    assert kind_by_cells(pd.Series([str(cell) for cell in cells], dtype="str")) == kind


def frames(*names: str) -> dict[str, pd.DataFrame]:
    """Customers with these columns, and products that have a name."""
    customers = pd.DataFrame({"customer_id": ["a", "b"], **{name: ["x", "y"] for name in names}})
    return {"customers": customers, "products": pd.DataFrame({"product_id": ["a"], "name": ["x"]})}


def test_personal_columns_teach_only_where_they_are_asked_for_and_are_said_only_where_that_is_asked() -> None:
    one = campaign()
    shown = frames("name", "First Name", "Note", "income", "hair", "Unnamed: 0")

    uses = column_uses(one, shown, "customers")
    assert not_read(uses) == {"customer_id", "name", "First Name", "Note", "Unnamed: 0"}
    assert not_said(uses) == {"name", "First Name", "Note", "income", "Unnamed: 0"}

    one.model.learn, one.model.text, one.reasons = (
        ("First Name",),
        ("Note", "name"),
        Reasons(say=("income",), never_say=("hair",)),
    )
    uses = column_uses(one, shown, "customers")
    assert not_read(uses) == {"customer_id", "name", "Unnamed: 0"}
    assert not_said(uses) == {"name", "First Name", "Note", "hair", "Unnamed: 0"}


def test_the_columns_of_a_rule_that_forbids_are_private_whatever_they_are_called(tmp_path: Path) -> None:
    toml = TOML.replace('product = "contains"', 'product = "made_of"').replace(
        'customer = "allergies"', 'customer = "avoids"'
    )
    files = {
        "campaign.toml": toml,
        "customers.csv": CUSTOMERS.replace("allergies", "avoids"),
        "products.csv": PRODUCTS.replace("contains", "made_of"),
    }
    given = load(write_small_campaign(tmp_path, files=files))
    tables = read(given)

    assert not_said(column_uses(given, vars(tables), "customers")) == {"avoids"}
    assert not_said(column_uses(given, vars(tables), "products")) == {"made_of"}


def test_what_is_left_out_is_told_once_with_the_reason(tmp_path: Path) -> None:
    rows = CUSTOMERS.splitlines()
    more = [
        f"{row},{'First Name' if at == 0 else f'Ann{at % 3}'},{'income' if at == 0 else at % 2}"
        for at, row in enumerate(rows)
    ]
    folder = write_small_campaign(tmp_path, files={"customers.csv": "\n".join(more) + "\n"})

    said = [str(note) for note in look(folder).notes]

    assert said[:2] == [
        "customers.csv: 1 column not learned from: names (First Name); [model] learn asks for them",
        "customers.csv: 2 columns learned from, never named to a shopper: private (allergies, income); "
        "[reasons] say asks for them",
    ]
    toml = (
        TOML.replace("[model]", '[model]\nlearn = ["First Name"]')
        + '[reasons]\nsay = ["income", "First Name", "allergies"]\n'
    )
    write_small_campaign(tmp_path, files={"customers.csv": "\n".join(more) + "\n", "campaign.toml": toml})
    assert not [note for note in look(folder).notes if note.file == "customers.csv"]


@pytest.mark.parametrize(
    ("toml", "words"),
    [
        (
            '[reasons]\nsay = ["incme"]\n',
            'key reasons.say: found "incme", expected a column of products.csv or customers.csv',
        ),
        ('[reasons]\nnever_say = ["hare_type"]\n', 'did you mean "hair_type"?'),
        ('[reasons]\nsay = ["plan"]\nnever_say = ["plan"]\n', "expected a column that reasons.say does not name"),
        ('[reasons]\nsey = ["plan"]\n', "expected one of say or never_say"),
    ],
)
def test_reasons_that_cannot_be_kept_are_refused(tmp_path: Path, toml: str, words: str) -> None:
    folder = write_small_campaign(tmp_path, append={"campaign.toml": toml})

    assert any(words in str(fault) for fault in look(folder).faults)


def test_a_column_is_not_both_learned_and_ignored(tmp_path: Path) -> None:
    toml = TOML.replace("[model]", '[model]\nlearn = ["plan"]\nignore = ["plan"]')
    folder = write_small_campaign(tmp_path, files={"campaign.toml": toml})

    assert not read_draft(folder).faults
    assert [str(fault) for fault in look(folder).faults] == [
        'campaign.toml, row 75, key model.ignore: found "plan", expected a column that model.learn does not name'
    ]


def test_markup_is_told_once_with_its_cells_by_column(tmp_path: Path) -> None:
    folder = write_small_campaign(tmp_path)
    products = pd.read_csv(folder / "products.csv", dtype=str, keep_default_na=False)
    products["description"] = ["<p>soft &amp; warm</p>", "a < b, <3 and R&B", "plain"] * 5
    products.loc[4, "name"] = "Face&nbsp;oil"
    products.to_csv(folder / "products.csv", index=False)
    notes = [str(note) for note in look(folder).notes if "markup" in str(note)]

    words = "6 cells with markup or links, which are neither learned from nor told: name 1, description 5"
    assert notes == [f"products.csv: {words}"]
    assert read(load(folder)).products["name"][4] == "Face&nbsp;oil", "the table keeps what it was given"
