"""The shape of what `--json` prints, as JSON Schema (2020-12): one envelope, and the answer of each command.

docs/answers.schema.json is this document, written by `python -m jobs.answers.schemas`; a test holds the two together.
"""

from __future__ import annotations

import json
from typing import Any

Schema = dict[str, Any]
DIALECT = "https://json-schema.org/draft/2020-12/schema"


def either(schema: Schema, words: str = "") -> Schema:
    """The schema's type, or null."""
    told = {**schema, "type": [schema["type"], "null"]}
    return {**told, "description": words} if words else told


def objects(told: str, /, **properties: Schema) -> Schema:
    """An object of exactly these properties; told: what it is."""
    return {
        "type": "object",
        "description": told,
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def lists(of: Schema, words: str = "") -> Schema:
    """A list of such values."""
    return {"type": "array", "items": of, "description": words} if words else {"type": "array", "items": of}


def table_of(of: Schema, words: str) -> Schema:
    """An object with any names, and such values."""
    return {"type": "object", "additionalProperties": of, "description": words}


TEXT: Schema = {"type": "string"}
NUMBER: Schema = {"type": "number"}
WHOLE: Schema = {"type": "integer"}
YES_NO: Schema = {"type": "boolean"}
MOMENT: Schema = {"type": "string", "format": "date-time", "description": "UTC."}
LINES = lists(TEXT)

FAULT = objects(
    "One thing wrong with an input.",
    file={"type": "string", "description": "As its writer knows it."},
    row=either(WHOLE, "As a person counts: in a CSV the header is row 1. null = the whole file or column."),
    column=either(TEXT, "Column, or key of the TOML. null = the whole row."),
    found=TEXT,
    expected=TEXT,
)
QUALITY = objects(
    "The recommender's quality for one part of the customers, with its 95 % interval.",
    metric=TEXT,
    part=TEXT,
    value=NUMBER,
    low=NUMBER,
    high=NUMBER,
    n=WHOLE,
)
NIGHT = objects(
    "One night.",
    run_id=either(TEXT, "null = it ended before it had a name."),
    ended_utc=MOMENT,
    status={"type": "string", "enum": ["published", "refused", "stopped", "failed"]},
    exit={"type": "integer", "description": "The exit code it ended with."},
    stage=either(TEXT, "Where it ended; null = it published, or no stage had begun."),
    current={"type": "boolean", "description": "Readers see its run now."},
    stands={"type": "boolean", "description": "Its run was published, and not taken back by a rollback."},
    folder=either(TEXT, "Its run's folder; null = none was published, or it is removed."),
    story=either(TEXT, "Folder of what a refused night left; null = nothing."),
    seconds=either(NUMBER, "Wall seconds."),
    ship_date=either(TEXT),
    gap=either(NUMBER, "(bound - value) / bound; 0.001 = no plan could be more than 0.1 % better."),
    boxes=either(WHOLE),
    short_boxes=either(WHOLE, "Boxes that are not full."),
    quality={**QUALITY, "type": ["object", "null"]},
    lines={**LINES, "description": "What a night that did not publish said."},
)
PAST = objects(
    "A night of a replay.",
    ship_date=TEXT,
    exit={"type": "integer", "description": "The exit code it ended with."},
    run_id=either(TEXT, "null = it was refused."),
    anew={"type": "boolean", "description": "It was made by this call, and not by one before."},
    campaign={"type": "string", "description": "Folder of the campaign as that night read it."},
    lines=LINES,
)
HIDDEN = objects("A product that no list of the website shows.", product_id=TEXT, reason=TEXT, hidden_at=MOMENT)
JOIN = {"type": "object", "description": "A reference between two tables, counted, as in joins.json."}
EVALUATED = {"type": "object", "description": "A row of the table: part, model, metric, value, low, high, n."}
SENT = objects(
    "An item of a box.",
    box_id=TEXT,
    slot=WHOLE,
    product_id=TEXT,
    product_name=TEXT,
    category=TEXT,
    score=NUMBER,
    reason=TEXT,
)

CHANGED = objects(
    "A key with another value; null = it is not said.",
    key=TEXT,
    a={"description": "Any value."},
    b={"description": "Any value."},
)
INTERVAL = {
    **objects("A value and its 95 % interval.", value=NUMBER, low=NUMBER, high=NUMBER),
    "type": ["object", "null"],
}
SHARE = objects(
    "So many of so many, with the 95 % interval of the share; null = of none.",
    found=WHOLE,
    of=WHOLE,
    share=either(NUMBER),
    low=either(NUMBER),
    high=either(NUMBER),
)
COMPARED = objects(
    "The recommender's quality in both.",
    part=TEXT,
    metric=TEXT,
    a=INTERVAL,
    b=INTERVAL,
    apart={"type": "boolean", "description": "The intervals do not overlap."},
)

ANSWERS: dict[str, Schema] = {
    "nightly": {**NIGHT, "description": "The night that has published."},
    "replay": objects(
        "Nights of the past, oldest first.",
        nights=lists(PAST),
        runs={"type": "string", "description": "Folder of their runs."},
    ),
    "check": objects(
        "What was read.",
        customers=WHOLE,
        boxes=WHOLE,
        products={"type": "integer", "description": "Products that may be packed."},
        tables=table_of(WHOLE, "Rows of each table."),
        joins=lists(JOIN),
        notes=lists(TEXT, "What is no fault and should be known."),
    ),
    "verify": objects("A run without faults; those of another are the lines.", run_id=TEXT, looked_at=LINES),
    "evaluate": objects(
        "How good the recommender is.",
        since={"type": "string", "description": "First day that it is judged on."},
        sentences=LINES,
        table=lists(EVALUATED, "Empty with --tune."),
        suggestion=either(TEXT, "With --tune: the file that was written."),
    ),
    "explain": objects(
        "Why.",
        run_id=TEXT,
        customer_id=either(TEXT),
        product_id=either(TEXT),
        promise=either(TEXT),
        items=lists(SENT, "What the customer gets, box after box; empty where none was asked about."),
        words=LINES,
    ),
    "overrides": objects("What is hidden now.", hidden=lists(HIDDEN)),
    "rollback": objects("Which run readers see now, and which they saw.", current=TEXT, left=TEXT),
    "publish": objects("What was done.", did={"type": "string", "enum": ["publish", "rollback"]}),
    "runs": objects(
        "The nights, newest first.",
        runs=lists(NIGHT),
        nights={"type": "integer", "description": "How many there are in all."},
        current=either(TEXT, "The run that readers see."),
    ),
    "runs compare": objects(
        "What is different in run b.",
        a=TEXT,
        b=TEXT,
        inputs=lists(
            objects("A table of other bytes.", table=TEXT, rows_a=either(WHOLE), rows_b=either(WHOLE)),
            "Tables that differ.",
        ),
        settings=lists(CHANGED, "Keys of campaign.toml."),
        code=lists(CHANGED, "Versions."),
        weights=lists(CHANGED, "What each part of a score counts."),
        quality=lists(COMPARED),
        plan=lists(CHANGED, "Figures of the plan; values in micro-points."),
        boxes={
            **objects(
                "The boxes, as far as both folders are there.",
                both={"type": "integer", "description": "Boxes that both runs have."},
                changed={"type": "integer", "description": "Of these, boxes that hold other products."},
                new=WHOLE,
                gone=WHOLE,
                products=lists(
                    objects("In so many boxes.", product_id=TEXT, a=WHOLE, b=WHOLE), "Those in more or fewer boxes."
                ),
            ),
            "type": ["object", "null"],
        },
    ),
    "shipped": objects(
        "Which run shipped, newest ship date first; after a saying, only that one.",
        shipped=lists(
            objects(
                "A ship date.",
                ship_date={"type": "string", "description": "The planned one."},
                shipped_on=TEXT,
                run_id=TEXT,
                said_utc=either(TEXT, "null = nobody said so: it is the last one published before."),
            )
        ),
    ),
    "realised": objects(
        "What followed, newest ship date first.",
        realised=lists(
            objects(
                "A ship date and the run that shipped.",
                ship_date=TEXT,
                shipped_on=TEXT,
                run_id=TEXT,
                boxes={
                    **objects(
                        "What was sent; null = the run's folder is gone.",
                        items=WHOLE,
                        liked={**SHARE, "description": "Good opinions of all opinions on what was sent."},
                        mean_score=either(NUMBER, "Of the items with an opinion."),
                        taken_back=WHOLE,
                    ),
                    "type": ["object", "null"],
                },
                lists={
                    **objects(
                        "What was chosen since; null = the run's folder is gone.",
                        first={"type": "integer", "description": "So many products of a list are looked at."},
                        until=either(TEXT, "The next ship day; null = there is none yet."),
                        customers=WHOLE,
                        listed={**SHARE, "description": "New choices that stood in the list, of all."},
                    ),
                    "type": ["object", "null"],
                },
            )
        ),
    ),
    "status": objects(
        "How things stand.",
        state={"type": "string", "enum": ["fine", "stale", "never"]},
        current=either(TEXT),
        last_success={**NIGHT, "type": ["object", "null"]},
        age_seconds=either(WHOLE, "Since the last success."),
        max_age_seconds=WHOLE,
        hidden=lists(HIDDEN),
        last_night={**NIGHT, "type": ["object", "null"]},
        last_refusal={**NIGHT, "type": ["object", "null"]},
    ),
}
"""What each command answers."""


def envelope(command: str) -> Schema:
    """What a command prints: one object, also where it is refused."""
    answer = ANSWERS[command]
    return objects(
        f"What `boxwise {command} --json` prints.",
        command={"type": "string", "enum": [command]},
        exit={"type": "integer", "description": "The exit code."},
        lines=lists(TEXT, "What it says to people: the answer, or why it is refused."),
        faults=lists(FAULT, "Where an input is refused (exit 3): the same, part by part."),
        answer={**answer, "type": [answer["type"], "null"], "description": f"{answer['description']} null = refused."},
    )


def document() -> Schema:
    """All of them, each under its command's name."""
    return {
        "$schema": DIALECT,
        "title": "What boxwise answers with --json",
        "$defs": {command: envelope(command) for command in ANSWERS},
        "anyOf": [{"$ref": f"#/$defs/{command}"} for command in ANSWERS],
    }


if __name__ == "__main__":
    print(json.dumps(document(), indent=2))
