"""Files as people have them: nothing of them is lost, and what can't be taken is named with its line and why."""

import ast
import csv
import io
import random
import re
import tracemalloc
from pathlib import Path

import pytest

from authoring.exporting import flat
from authoring.importing import mapping
from authoring.importing.draft import Draft, Terms, Understanding
from authoring.importing.encoding import encoding_of, format_of
from authoring.importing.guess import Surveyed, survey
from authoring.importing.mapping import Column
from authoring.importing.records import Bad, Records
from authoring.importing.refused import RefusedRows
from authoring.importing.values import listed
from functions.core.cells import neutral, whole
from functions.texts.places import Place

NOW = 1_795_000_000_000
TURKEY = Place("tr", "TR", "Europe/Istanbul")


class File:
    """A file, as it is understood when nobody says anything about it."""

    def __init__(self, folder: Path, content: bytes, place: Place = TURKEY, header: bool = True) -> None:
        self.path = folder / "people.csv"
        self.path.write_bytes(content)
        self.how = format_of(self.path, language=place.language)
        self.records = Records(self.path, self.how, header=header)
        self.survey: Surveyed = survey(self.records, place.language)
        self.columns = list(self.survey.columns)
        self.terms = Terms(place, "Europe/Istanbul", NOW)

    def said(self, *changes: str) -> "File":
        self.columns = mapping.said(self.columns, changes)
        return self

    @property
    def all(self) -> list[Draft | Bad]:
        understanding = Understanding(self.columns, self.terms)
        return [one if isinstance(one, Bad) else understanding.draft(one) for one in self.records]

    @property
    def drafts(self) -> list[Draft]:
        return [one for one in self.all if isinstance(one, Draft)]

    @property
    def bad(self) -> list[Bad]:
        return [one for one in self.all if isinstance(one, Bad)]

    def column(self, name: str) -> Column:
        return next(one for one in self.columns if one.name == name)


@pytest.mark.parametrize(
    ("header", "cells", "days"),
    [
        ("Birthday", ["03/08", "12/31", "02/29"], ["--03-08", "--12-31", "--02-29"]),
        ("Birthday", ["08/03", "31/12", "02/30"], ["--03-08", "--12-31", "02/30"]),
        ("Doğum günü", ["8.3.", "1.2", "29.02."], ["--03-08", "--02-01", "--02-29"]),
        ("Birthday", ["1984-03-08", "1985-12-31", "03/08"], ["1984-03-08", "1985-12-31", "03/08"]),
        ("Size", ["03/08", "12/31", "02/28"], ["03/08", "12/31", "02/28"]),
    ],
)
def test_a_birthday_without_its_year_is_the_day_that_comes_every_year(
    tmp_path: Path, header: str, cells: list[str], days: list[str]
) -> None:
    rows = "".join(f"{number}@tea.example;{cell}\n" for number, cell in enumerate(cells))
    file = File(tmp_path, f"E-mail;{header}\n{rows}".encode())
    target = file.column(header).target
    assert [draft.traits[target] for draft in file.drafts] == days


def test_where_every_birthday_without_a_year_could_be_two_days_it_is_asked(tmp_path: Path) -> None:
    file = File(tmp_path, b"E-mail;Birthday\na@tea.example;03/08\nb@tea.example;04/05\n")
    assert "could be two days" in file.column("Birthday").question


def test_a_consent_without_a_year_has_no_date(tmp_path: Path) -> None:
    file = File(tmp_path, b"E-mail;Agreed\na@tea.example;03/08\n").said("Agreed=consent_date")
    file.terms = Terms(TURKEY, "Europe/Istanbul", NOW, {"tips": ("fair", "scan 12")})
    assert [bad.code for bad in file.bad] == ["bad-consent-date"]


TURKISH = "E-posta;Ad;Şehir\nömer@çay.example;Ömer Şıh;Iğdır\nışık@tea.example;Işık Ğ.;İstanbul 🫖\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1254"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_encoding_and_line_end_reads_the_same(tmp_path: Path, encoding: str, end: str) -> None:
    text = TURKISH.replace("\n", end)
    if encoding == "cp1254":
        text = text.replace(" 🫖", "")
    drafts = File(tmp_path, text.encode(encoding)).drafts
    assert [one.traits["first_name"] for one in drafts] == ["Ömer Şıh", "Işık Ğ."]
    assert drafts[1].traits["city"].startswith("İstanbul")
    assert drafts[1].email == "ışık@tea.example"
    assert [one.line for one in drafts] == [2, 3]


OLD = {
    "cp1254": "Ad;Şehir\nÖmer Şahin;İstanbul\nAyşe Çığ;Iğdır\n",
    "cp1251": "имя;город\nАнна Каренина;Москва\nПётр;Санкт-Петербург\n",
    "cp1250": "imię;miasto\nŁukasz Żółć;Łódź\nPaweł;Kraków\n",
    "cp1252": "Name;Stadt\nJürgen Müller;Köln\nZoë Weiß;München\nÉloïse;Orléans\n",
}


@pytest.mark.parametrize("encoding", OLD)
@pytest.mark.parametrize("before", [0, 50_000], ids=["at once", "after many plain lines"])
def test_what_was_written_before_utf_8_is_told_by_its_letters(tmp_path: Path, encoding: str, before: int) -> None:
    path = tmp_path / "old.csv"
    head, _, rest = OLD[encoding].partition("\n")
    path.write_bytes((head + "\n" + "plain;words\n" * before + rest).encode(encoding))
    assert encoding_of(path) == (encoding, False)


@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
def test_cells_are_told_apart_by_what_stands_between_most_of_them(tmp_path: Path, mark: str) -> None:
    rows = [["email", "note", "amount"], ["ada@tea.example", "a, b; c | d", "1,5"], ["bob@tea.example", "x,y,z", "2,5"]]
    text = io.StringIO()
    csv.writer(text, delimiter=mark).writerows(rows)
    file = File(tmp_path, text.getvalue().encode())
    assert file.how.delimiter == mark
    assert [one.traits["note"] for one in file.drafts] == ["a, b; c | d", "x,y,z"]


def test_line_breaks_and_quotes_inside_cells_are_whole_and_lines_are_counted(tmp_path: Path) -> None:
    text = 'email,note\nada@tea.example,"two\nlines, ""quoted"""\nbob@tea.example,"x\r\n\r\ny"\ncem@tea.example,z\n'
    drafts = File(tmp_path, text.encode()).drafts
    assert [one.traits["note"] for one in drafts] == ['two\nlines, "quoted"', "x\r\n\r\ny", "z"]
    assert [(one.number, one.line) for one in drafts] == [(1, 2), (2, 4), (3, 7)]


def test_a_quote_that_is_never_closed_costs_one_line(tmp_path: Path) -> None:
    lines = ["email,note", *(f"p{n}@tea.example,n{n}" for n in range(4000))]
    lines[7] = 'hostile@tea.example,"never closed'
    lines[20] = 'inner@tea.example,"a "quoted" word"'
    file = File(tmp_path, "\n".join(lines).encode())
    assert [(one.line, one.code) for one in file.bad] == [(8, "broken-quotes"), (21, "broken-quotes")]
    assert "never closed" in file.bad[0].reason
    assert len(file.drafts) == 3998


def test_rows_with_too_few_or_too_many_cells_are_named(tmp_path: Path) -> None:
    rows = ("ada@tea.example,Ada", "bob@tea.example,Bob,Oslo,,", "cem@tea.example,C,x,y", "", ",,", "d@tea.example,D,")
    file = File(tmp_path, ("email,name,city\n" + "\n".join(rows)).encode())
    assert [(one.line, one.code, one.cells[0]) for one in file.bad] == [
        (2, "ragged-row", "ada@tea.example"),
        (4, "ragged-row", "cem@tea.example"),
    ]
    assert [one.email for one in file.drafts] == ["bob@tea.example", "d@tea.example"]


def test_three_hundred_columns_and_headers_that_come_twice(tmp_path: Path) -> None:
    header = ["email", *("Note" for _ in range(200)), "", "", *(f"c{n}" for n in range(97))]
    row = ["ada@tea.example", *(f"v{n}" for n in range(299))]
    file = File(tmp_path, (",".join(header) + "\n" + ",".join(row) + "\n").encode())
    (draft,) = file.drafts
    assert set(draft.traits.values()) == set(row[1:]), "no two columns become one trait"
    assert {"note", "note_2", "note_200", "column_202", "c96"} <= set(draft.traits)


def test_a_cell_of_five_megabytes_neither_stops_nor_shifts_the_others(tmp_path: Path) -> None:
    huge = "ç" * 5_000_000
    text = f'email,note\nada@tea.example,"{huge}"\nbob@tea.example,short\n'
    file = File(tmp_path, text.encode())
    assert [len(str(one.traits["note"])) for one in file.drafts] == [5_000_000, 5]
    assert all(len(sample) < 50 for column in file.columns for sample in column.samples)


def test_nul_bytes_leave_and_the_rest_of_the_cell_stays(tmp_path: Path) -> None:
    file = File(tmp_path, b"email,name\nada@tea.example,A\x00da\n\x00bob@tea.example,Bob\n")
    assert [(one.email, one.traits["name"]) for one in file.drafts] == [
        ("ada@tea.example", "Ada"),
        ("bob@tea.example", "Bob"),
    ]


HOSTILE = [
    "=1+1",
    "+90 532 123 45 67",
    "-3,5",
    "@SUM(A1)",
    "\t=x",
    "\r=x",
    "'=1",
    "''+x",
    "＝1",
    "plain",
    "'s",
    "",
    "=cmd|'/c'!A0",
]


def test_formulas_are_neutralised_going_out_and_whole_coming_in(tmp_path: Path) -> None:
    for cell in HOSTILE:
        assert whole(neutral(cell)) == cell
        assert neutral(cell)[:1] not in tuple("=+-@\t\r\n＝＋－＠")
    assert neutral("+90") == "'+90"
    assert neutral("plain") == "plain"
    text = io.StringIO()
    csv.writer(text).writerows(
        [["email", "note"], *([f"p{n}@tea.example", neutral(cell)] for n, cell in enumerate(HOSTILE))]
    )
    drafts = File(tmp_path, text.getvalue().encode()).said("note=note").drafts
    assert [one.traits.get("note", "") for one in drafts] == [cell.strip() for cell in HOSTILE]


def test_every_row_is_either_taken_or_refused_with_line_and_reason(tmp_path: Path) -> None:
    chance = random.Random(7)
    pieces = [
        "ada@tea.example",
        "ö@ç.example",
        '"',
        '""',
        '"x\ny"',
        ",",
        ";",
        "",
        "=1",
        "🫖",
        "\x00",
        "a,b",
        "2026-01-01",
        "'",
    ]
    for round in range(60):
        lines = ["email,name,note"]
        lines += [",".join(chance.choice(pieces) for _ in range(chance.randrange(1, 5))) for _ in range(60)]
        file = File(tmp_path, "\n".join(lines).encode(chance.choice(["utf-8", "utf-16", "utf-8-sig"])))
        assert len(file.drafts) + len(file.bad) == file.survey.rows, round
        assert [one.number for one in file.all] == list(range(1, file.survey.rows + 1))
        assert all(one.code and one.reason and 2 <= one.line <= 200 for one in file.bad)


def test_refused_rows_can_be_mended_and_imported(tmp_path: Path) -> None:
    text = "email;name\nnonsense;=Ada\nada@tea.example;Ada;too;much\n"
    file = File(tmp_path, text.encode())
    refused = RefusedRows(tmp_path / "people.refused.csv", file.records.header, ";")
    refused.write(file.bad)
    refused.flush()
    written = (tmp_path / "people.refused.csv").read_bytes()
    assert b";'=Ada;2;bad-email;" in written
    again = File(tmp_path, written.replace(b"nonsense", b"bob@tea.example"))
    assert [(one.email, one.traits["name"]) for one in again.drafts] == [
        ("bob@tea.example", "=Ada"),
        ("ada@tea.example", "Ada;too;much"),
    ]
    assert set(again.drafts[0].traits) == {"name"}, "line, code and reason are no traits"


def test_an_interrupted_file_of_refused_rows_goes_on_where_it_was_noted(tmp_path: Path) -> None:
    path = tmp_path / "people.refused.csv"
    bad = [Bad(n, n + 1, (f"x{n}",), "bad-email", "why") for n in range(4)]
    first = RefusedRows(path, ["email"])
    first.write(bad[:2])
    first.flush()
    noted = first.size
    first.write(bad[2:3])
    first.flush()
    second = RefusedRows(path, ["email"])
    second.cut(noted)
    second.write(bad[2:])
    second.flush()
    with path.open(encoding="utf-8-sig", newline="") as file:
        assert [row["email"] for row in csv.DictReader(file)] == ["x0", "x1", "x2", "x3"]


def test_dates_are_read_one_way_in_a_whole_column(tmp_path: Path) -> None:
    text = "email,born\na@tea.example,03/04/1990\nb@tea.example,25/12/1991\n"
    assert [one.traits["born"] for one in File(tmp_path, text.encode()).drafts] == ["1990-04-03", "1991-12-25"]
    text = "email,born\na@tea.example,03/04/1990\nb@tea.example,12/25/1991\n"
    assert [one.traits["born"] for one in File(tmp_path, text.encode()).drafts] == ["1990-03-04", "1991-12-25"]
    text = "email,born\n" + "a@tea.example,03/04/1990\n" * 3000 + "b@tea.example,25/12/1991\n"
    assert File(tmp_path, text.encode()).drafts[0].traits["born"] == "1990-04-03", "the last row decides as well"


def test_dates_that_could_be_two_days_must_be_said(tmp_path: Path) -> None:
    file = File(tmp_path, b"email,born\na@tea.example,03/04/1990\nb@tea.example,05/06/1991\n")
    assert "born=born as date day-month" in mapping.questions(file.columns)[0]
    file.said("born=born as date month-day")
    assert mapping.questions(file.columns) == []
    assert file.drafts[0].traits["born"] == "1990-03-04"
    mixed = File(tmp_path, b"email,born\na@tea.example,25/04/1990\nb@tea.example,05/26/1991\n")
    assert "some dates can only be" in mapping.questions(mixed.columns)[0]


def test_values_are_read_as_their_columns_are(tmp_path: Path) -> None:
    text = (
        "e-posta;tutar;posta kodu;bülten;ilgi;üyelik;tel\n"
        "ada@tea.example;1.234,56;07100;evet;yeşil | beyaz;2024-05-01 10:00;0532 123 45 67\n"
        "bob@tea.example;5,5;34425;hayır;siyah|yeşil;31.12.2023 09:30;yok\n"
    )
    file = File(tmp_path, text.encode())
    ada, bob = file.drafts
    assert (ada.traits["tutar"], bob.traits["tutar"]) == (1234.56, 5.5)
    assert ada.traits["postcode"] == "07100", "a postcode is no number"
    assert (ada.traits["bülten"], bob.traits["bülten"]) == (True, False)
    assert ada.traits["ilgi"] == ["yeşil", "beyaz"]
    assert ada.traits["üyelik"] == "2024-05-01T07:00:00Z", "local time of the business"
    assert (ada.phone, bob.phone) == ("+905321234567", None)
    assert bob.traits["phone"] == "yok"
    assert bob.notes == ("phone-as-text: tel",)


@pytest.mark.parametrize(
    ("header", "target"),
    [
        ("E-Mail-Adresse", "email"),
        ("E-POSTA ADRESİ", "email"),
        ("Электронная почта", "email"),
        ("Adres e-mail", "email"),
        ("Cep Telefonu", "phone"),
        ("Handynummer", "phone"),
        ("Imię", "first_name"),
        ("ФАМИЛИЯ", "last_name"),
        ("DOĞUM TARİHİ", "birthday"),
        ("Müşteri No", "user_id"),
        ("Kraj", "country"),
    ],
)
def test_headers_are_understood_in_five_languages(tmp_path: Path, header: str, target: str) -> None:
    file = File(tmp_path, f"{header};x\n1;2\n".encode())
    assert file.column(header).target == target


def test_columns_without_telling_headers_are_known_by_their_values(tmp_path: Path) -> None:
    file = File(tmp_path, b"a;b;c\nada@tea.example;+905321234567;unsubscribed\nb@tea.example;+4930123456;subscribed\n")
    assert [one.target for one in file.columns] == ["email", "phone", "status"]
    assert [len(one.refusals) for one in file.drafts] == [1, 0]


def test_a_mapping_is_saved_and_read_again(tmp_path: Path) -> None:
    file = File(tmp_path, b"E-posta;Not;Tarih;Tutar\nada@tea.example;x;01/02/2024;1,5\n")
    file.said("Not=ignore", "Tarih=visited as date month-day")
    text = mapping.as_yaml(file.columns, "utf-8", ";")
    told, encoding, delimiter = mapping.from_yaml(text, "m.yaml")
    assert (encoding, delimiter) == ("utf-8", ";")
    again = mapping.applied(file.survey.columns, told)
    shown = [(one.name, one.target, one.kind, one.order, one.decimal) for one in again]
    assert shown == [(one.name, one.target, one.kind, one.order, one.decimal) for one in file.columns]
    with pytest.raises(mapping.BadMapping, match=r"bad\.yaml: columns"):
        mapping.from_yaml("columns: {A: {as: date}}", "bad.yaml")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("Nmae=x", 'Did you mean "Name"'),
        ("Name", "says nothing of a column"),
        ("Name=x as dates", "none of text"),
    ],
)
def test_a_column_that_is_said_wrongly_is_explained(tmp_path: Path, change: str, message: str) -> None:
    with pytest.raises(mapping.BadMapping, match=message):
        File(tmp_path, b"email,Name\na@tea.example,x\n").said(change)


def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    def peak(rows: int) -> int:
        text = "email,name,note\n" + "".join(f"p{n}@tea.example,Name {n},some words {n}\n" for n in range(rows))
        (tmp_path / "big.csv").write_text(text)
        records = Records(tmp_path / "big.csv", format_of(tmp_path / "big.csv"))
        tracemalloc.start()
        understanding = Understanding(list(survey(records).columns), Terms(TURKEY, "UTC", NOW))
        for record in records:
            if not isinstance(record, Bad):
                understanding.draft(record)
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    small, large = peak(5_000), peak(25_000)
    assert large < small * 1.5


def test_letters_that_are_none_in_the_encoding_are_not_swallowed(tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    path.write_bytes("email,name\nada@tea.example,Ömer\nbob@tea.example,Bob\n".encode("cp1254"))
    found = list(Records(path, format_of(path, encoding="utf-8")))
    assert [(one.line, one.code) for one in found if isinstance(one, Bad)] == [(2, "lost-letters")]


def test_a_workbook_or_archive_is_told_from_a_csv_file(tmp_path: Path) -> None:
    path = tmp_path / "people.xlsx"
    path.write_bytes(b"PK\x03\x04rest")
    with pytest.raises(ValueError, match="save it as CSV"):
        format_of(path)
    (tmp_path / "empty.csv").write_bytes(b"")
    file = File(tmp_path, b"")
    with pytest.raises(mapping.BadMapping, match="no column says who"):
        mapping.checked(file.columns, ["tips"])


def test_every_code_of_a_refused_row_is_in_the_guide() -> None:
    root = Path(__file__).parents[3]
    files = (root / "authoring" / "importing").rglob("*.py")
    calls = [node for path in files for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
    refusing = [one for one in calls if isinstance(one.func, ast.Name) and one.func.id in ("Bad", "Wrong", "_bad")]
    texts = [str(part.value) for one in refusing for part in one.args if isinstance(part, ast.Constant)]
    made = {text for text in texts if re.fullmatch(r"[a-z]+(-[a-z]+)*", text)}
    listed = re.findall(r"^\| `([^`]+)` \|", (root / "docs" / "import.md").read_text(), re.MULTILINE)
    assert listed == sorted(made)


@pytest.mark.parametrize(("said", "meant"), [("tab", "\t"), (r"\t", "\t"), ("|", "|")])
def test_what_stands_between_cells_may_be_said(tmp_path: Path, said: str, meant: str) -> None:
    (tmp_path / "p.csv").write_text("a,b\n1,2\n")
    assert format_of(tmp_path / "p.csv", delimiter=said).delimiter == meant
    with pytest.raises(ValueError, match="no single mark"):
        format_of(tmp_path / "p.csv", delimiter="::")
    with pytest.raises(ValueError, match="no encoding"):
        format_of(tmp_path / "p.csv", encoding="klingon")


def test_members_of_a_list_that_hold_its_marks_come_back_whole() -> None:
    for members in (["a;b", "c"], ['say "tea"', "=1+1"], ["a|b", "c", "d;"], ["'x", "y"]):
        assert listed(flat({**_PERSON, "traits": {"likes": members}})["likes"]) == members


_PERSON = {
    "contact": "c",
    "known_by": [],
    "scores": {},
    "temperature": "cold",
    "grade": "",
    "stage": "",
    "segments": [],
    "tags": [],
    "consents": {},
    "suppressed": "",
    "first_seen": "",
    "last_seen": "",
}
