"""The XML of answers: cut anywhere it is broken, foreign it is strange, and nothing in it is expanded."""

import pytest

from obs_client._http.errors import BrokenAnswer, StrangeAnswer
from obs_client._http.kit.xml import can_hold, check_document, escape, parse, parse_answer, unescape

DOCUMENT = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<List xmlns="http://s3.example/"><Name>c</Name><!-- a comment -->'
    "<Row Kind='a'><Key>ä&amp;&#x41;&lt;</Key><Size>5</Size></Row><Row><Key><![CDATA[<b>]]></Key></Row></List>"
).encode()


def test_a_tree() -> None:
    root = parse(DOCUMENT)
    assert (root.name, root.get("Name"), root.find("Absent")) == ("List", "c", None)
    assert [(row.get("Key"), row.find("Size")) for row in root.all("Row")] == [("ä&A<", "5"), ("<b>", None)]


def test_prefixes_are_dropped() -> None:
    assert parse(b'<s:List xmlns:s="x"><s:Name>c</s:Name></s:List>').get("Name") == "c"


def test_cut_anywhere_it_is_broken() -> None:
    for end in range(len(DOCUMENT)):
        with pytest.raises(BrokenAnswer):
            parse(DOCUMENT[:end])


@pytest.mark.parametrize(
    "document",
    [
        b"Please log in",
        b"{}",
        b"<a></b>",
        b"<a/><b/>",
        b"<a>&nbsp;</a>",
        b"<a>\x07</a>",
        b"<a>\xff</a>",
        b"<html><br></html>",
        b'<!DOCTYPE html><html lang="en"></html>',
        b'<!DOCTYPE x [<!ENTITY e "e"><!ENTITY f "&e;&e;">]><x>&f;</x>',
    ],
)
def test_what_is_no_document_is_strange(document: bytes) -> None:
    with pytest.raises(StrangeAnswer):
        parse(document)


def test_another_document_is_strange() -> None:
    for document in (b"<html><body>Please log in</body></html>", b"<Error><Message>no code</Message></Error>"):
        with pytest.raises(StrangeAnswer, match="document"):
            parse_answer(document, "List", ())


def test_a_document_without_what_it_must_have_is_strange() -> None:
    assert parse_answer(DOCUMENT, ("Other", "List"), ("Name",)).name == "List"
    with pytest.raises(StrangeAnswer, match="no Total"):
        parse_answer(DOCUMENT, "List", ("Name", "Total"))


def test_an_error_comes_through() -> None:
    assert parse_answer(b"<Error><Code>SlowDown</Code></Error>", "List", ("Name",)).get("Code") == "SlowDown"


def test_text_for_a_document() -> None:
    text = "a<b>&\"'ä😀 "
    assert can_hold(text)
    assert parse(f"<a>{escape(text)}</a>".encode()).text == text
    assert not any(can_hold(f"a{character}b") for character in "\0\x07\x1f\n\t\r\ufffe\uffff")


ROWS = '<?xml version="1.0"?><List><Row><Name a="b">x &amp; y</Name><Empty/></Row></List>'


def test_a_document_is_checked_without_making_a_tree() -> None:
    assert check_document(ROWS) == "List"
    assert check_document(f"\ufeff{ROWS}") == "List"


@pytest.mark.parametrize("end", range(len(ROWS)))
def test_a_document_that_was_cut_is_broken_when_it_is_checked(end: int) -> None:
    with pytest.raises((BrokenAnswer, StrangeAnswer)):
        check_document(ROWS[:end])


@pytest.mark.parametrize("odd", ["<!DOCTYPE List>", "<!-- a -->", "<?other?>", "<![CDATA[a]]>"])
def test_what_is_no_element_is_refused_when_it_is_checked(odd: str) -> None:
    with pytest.raises(StrangeAnswer):
        check_document(f"<List>{odd}</List>" if "DOCTYPE" not in odd else f"{odd}<List/>")


def test_text_of_a_checked_document_is_unescaped() -> None:
    assert unescape("a &amp; &lt;b&gt; &quot;&apos; &#65;&#x1F600; &amp;lt;") == "a & <b> \"' A\U0001f600 &lt;"


@pytest.mark.parametrize("encoding", ["NaNUTF-8", "hex", "undefined", "UTF-7"])
def test_an_encoding_that_is_none_of_text_is_strange(encoding: str) -> None:
    with pytest.raises(StrangeAnswer):
        parse(f'<?xml version="1.0" encoding="{encoding}"?><a/>'.encode())
