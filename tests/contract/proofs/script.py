"""The proofs, in the order in which they are made. Each says what it shows; the numbers in it can be checked by hand.

The shop: an order of 2 cases of gloves (50 each) and 10 masks; levels of 100 gloves each, 100 cases, 100 masks.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import requests

from sidecar.oro import bodies
from tests.contract.proofs.goods import Goods, movement
from tests.contract.proofs.place import Call, Names, Place

CREDITS, RETURNS, LINES = bodies.CREDITS, bodies.RETURNS, bodies.LINES
CREDIT_LINES, MOVEMENTS = bodies.CREDIT_LINES, bodies.MOVEMENTS
REVISION = "revision conflict constraint"
TAKEN = "conflict constraint"


@dataclass
class Proof:
    """One proof under way: what it sends, what came back with names for ids, and what it counted."""

    place: Place
    names: Names
    exchanges: list[dict[str, Any]] = field(default_factory=list)
    counted: dict[str, Any] = field(default_factory=dict)

    def send(self, method: str, path: str, body: Any = None, *, without_rights: bool = False) -> requests.Response:
        answer = self.place.send(method, path, body, as_=self.place.without_rights if without_rights else None)
        self._keep(method, path, body, answer)
        return answer

    def expect(self, statuses: int | Sequence[int], method: str, path: str, body: Any = None) -> Any:
        answer = self.send(method, path, body)
        due = [statuses] if isinstance(statuses, int) else statuses
        assert answer.status_code in due, f"{method} {path}: {answer.status_code} {answer.text[:600]}"
        return answer.json() if answer.content else None

    def refused(self, status: int, title: str, method: str, path: str, body: Any = None) -> dict[str, Any]:
        answer = self.send(method, path, body)
        assert answer.status_code == status, f"{method} {path}: {answer.status_code} {answer.text[:600]}"
        error: dict[str, Any] = answer.json()["errors"][0]
        assert error["title"] == title, error
        return error

    def together(self, calls: Sequence[Call]) -> list[tuple[int, str]]:
        """(status, title of the first error) of simultaneous calls; counted, not kept, as their order is chance."""
        return [
            (answer.status_code, answer.json()["errors"][0]["title"] if answer.status_code >= 400 else "")
            for answer in self.place.together(calls)
        ]

    def level(self, number: int = 1) -> int:
        """The stock on a level now."""
        answer = self.place.send("GET", f"inventorylevels/{self.place.levels[number - 1]}")
        return int(float(answer.json()["data"]["attributes"]["quantity"]))

    def lines_of(self, return_id: str) -> int:
        answer = self.place.send("GET", f"{RETURNS}/{return_id}?fields[{RETURNS}]=lineItems")
        return len(answer.json()["data"]["relationships"]["lineItems"]["data"])

    def _keep(self, method: str, path: str, body: Any, answer: requests.Response) -> None:
        response: dict[str, Any] = {"status": answer.status_code}
        for name in ("Content-Type", "Allow"):
            if name in answer.headers and (name == "Content-Type" or answer.status_code == 405):
                response[name.lower()] = answer.headers[name]
        response["body"] = self.names.of(answer.json()) if answer.content else ""
        request = {"method": method, "path": self.names.in_path(path), "body": self.names.of(body)}
        self.exchanges.append({"request": request, "response": response})


Script = Callable[[Proof], None]
SCRIPTS: dict[str, tuple[str, Script]] = {}


def proof(name: str, shows: str) -> Callable[[Script], Script]:
    def add(script: Script) -> Script:
        SCRIPTS[name] = (shows, script)
        return script

    return add


def goods(proof: Proof, name: str) -> Goods:
    return Goods(proof.place, name)


def made(proof: Proof, name: str) -> tuple[Goods, str]:
    """A return written without a posting, and its id."""
    new = goods(proof, name)
    return new, proof.expect(201, "POST", RETURNS, new.body())["data"]["id"]


# --- One POST writes everything ------------------------------------------------------------------------------------


@proof("01-all-in-one", "one POST writes return, line, credit memo and stock; the same key again is 409, nothing moves")
def all_in_one(proof: Proof) -> None:
    new = goods(proof, "R1")
    body = new.body(new.posting())
    before = proof.level()
    memo = proof.expect(201, "POST", CREDITS, body)["data"]
    assert memo["attributes"]["totalValue"] == "120.0000"
    assert proof.level() == before + 50
    proof.refused(409, TAKEN, "POST", CREDITS, body)
    assert proof.level() == before + 50
    found = proof.expect(200, "GET", f"{CREDITS}?filter[postingKey]=GL123:{new.return_id}:1&include=orderReturn")
    assert [each["id"] for each in found["data"]] == [memo["id"]]


@proof("02-second-posting", "a second posting of the same return updates the document in the same POST")
def second_posting(proof: Proof) -> None:
    new = goods(proof, "R2")
    proof.expect(201, "POST", CREDITS, new.body(new.posting(1, moves=())))
    later = new.document(new.line(), new.line(2), later=60, status="restocked")
    proof.expect(201, "POST", CREDITS, new.body(new.posting(2), later))
    found = proof.expect(200, "GET", f"{RETURNS}?filter[externalId]={new.return_id}&include=lineItems")
    assert found["data"][0]["attributes"]["status"] == "restocked"
    assert len(found["data"][0]["relationships"]["credits"]["data"]) == 2


@proof("03-document", "without a posting the return is upserted: same ids, a line left out is deleted, none clears all")
def document_alone(proof: Proof) -> None:
    new = goods(proof, "R3")
    first = proof.expect(201, "POST", RETURNS, new.body(None, new.document(new.line(), new.line(2))))
    again = proof.expect(200, "POST", RETURNS, new.body(None, new.document(new.line(), later=1)))
    assert first["data"]["id"] == again["data"]["id"]
    assert len(again["data"]["relationships"]["lineItems"]["data"]) == 1
    body = new.body(None, new.document(later=2))
    body["data"]["relationships"]["lineItems"]["data"] = []
    del body["included"]
    assert proof.expect(200, "POST", RETURNS, body)["data"]["relationships"]["lineItems"]["data"] == []


@proof("04-stock-alone", "stock without a credit: no memo; the same movement again is 409 and raises nothing")
def stock_alone(proof: Proof) -> None:
    new = goods(proof, "R4")
    body = new.body(new.posting(memo=False))
    before = proof.level()
    proof.expect(201, "POST", RETURNS, body)
    proof.refused(409, TAKEN, "POST", RETURNS, body)
    assert proof.level() == before + 50
    found = proof.expect(200, "GET", f"{MOVEMENTS}?filter[postingKey]=GL123:{new.return_id}:1/1")
    assert found["data"][0]["relationships"]["credit"]["data"] is None


@proof("05-all-or-nothing", "a movement that is refused takes everything with it: no return, no memo, no stock")
def all_or_nothing(proof: Proof) -> None:
    new = goods(proof, "R5")
    before = proof.level()
    body = new.body(new.posting(moves=(new.move(50), new.move(-1_000_000, level=3))))
    answer = proof.send("POST", CREDITS, body)
    assert answer.status_code == 400, answer.text
    assert proof.expect(200, "GET", f"{RETURNS}?filter[externalId]={new.return_id}")["data"] == []
    assert proof.expect(200, "GET", f"{CREDITS}?filter[postingKey]=GL123:{new.return_id}:1")["data"] == []
    assert proof.level() == before


# --- The guards ----------------------------------------------------------------------------------------------------


@proof("06-foreign-line", "guard 1: the line of another return is refused, by key and by id")
def foreign_line(proof: Proof) -> None:
    mine, _ = made(proof, "R6A")
    found = proof.expect(200, "GET", f"{LINES}?filter[lineKey]={mine.return_id}/1")
    thief = goods(proof, "R6B")
    stolen = thief.document(thief.line(line_key=f"{mine.return_id}/1"))
    assert proof.send("POST", RETURNS, thief.body(None, stolen)).status_code == 409
    by_id = thief.body(None, thief.document())
    by_id["data"]["relationships"]["lineItems"]["data"] = [{"type": LINES, "id": found["data"][0]["id"]}]
    del by_id["included"]
    assert proof.send("POST", RETURNS, by_id).status_code == 409
    assert proof.expect(200, "GET", f"{RETURNS}?filter[externalId]={thief.return_id}")["data"] == []


@proof("07-stale", "guard 2: a document older than the stored one is refused, alone and beside a posting")
def stale_document(proof: Proof) -> None:
    new = goods(proof, "R7")
    proof.expect(201, "POST", RETURNS, new.body(None, new.document(later=60)))
    older = new.document(later=59, status="received")
    proof.refused(409, "stale document constraint", "POST", RETURNS, new.body(None, older))
    proof.refused(409, "stale document constraint", "POST", CREDITS, new.body(new.posting(), older))
    proof.expect(200, "POST", RETURNS, new.body(None, new.document(later=60)))


@proof("08-same-key-at-once", "of two simultaneous postings with one key exactly one is posted, every time")
def same_key_at_once(proof: Proof) -> None:
    before, outcomes = proof.level(), Counter[str]()
    for pair in range(proof.place.pairs):
        new = goods(proof, f"R8-{pair}")
        call = ("POST", CREDITS, new.body(new.posting()))
        got = sorted(proof.together([call, call]))
        assert [status for status, _ in got] == [201, 409], got
        outcomes[str(got)] += 1
        assert got[1][1] in (TAKEN, REVISION), got
    assert proof.level() == before + 50 * proof.place.pairs
    proof.counted = {"pairs": proof.place.pairs, "outcomes": dict(outcomes)}


@proof("09-one-return-at-once", "guard 3: two simultaneous documents of one return never mix their lines")
def one_return_at_once(proof: Proof) -> None:
    outcomes = Counter[str]()
    for pair in range(proof.place.pairs):
        new, id_ = made(proof, f"R9-{pair}")
        calls: list[Call] = []
        for status in ("graded", "restocked"):
            lines = (new.line(), new.line(2, line_key=f"{new.return_id}/2{status[0]}"))
            calls.append(("POST", RETURNS, new.body(None, new.document(*lines, later=1, status=status))))
        got = sorted(proof.together(calls))
        assert got in ([(200, ""), (200, "")], [(200, ""), (409, REVISION)]), got
        assert proof.lines_of(id_) == 2
        outcomes[str(got)] += 1
    proof.exchanges.clear()
    proof.counted = {"pairs": proof.place.pairs, "outcomes": dict(outcomes)}


@proof("10-increments", "guard 4: 20 simultaneous increments are all counted, beside an absolute PATCH too")
def increments(proof: Proof) -> None:
    _, id_ = made(proof, "R10")
    before, level = proof.level(), proof.place.levels[0]
    run = proof.place.run
    calls: list[Call] = [("POST", MOVEMENTS, movement(f"{run}-I{n}", "1", level, id_)) for n in range(20)]
    assert Counter(proof.together(calls)) == {(201, ""): 20}
    assert proof.level() == before + 20
    patch = {"data": {"type": "inventorylevels", "id": level, "attributes": {"quantity": 1000}}}
    calls = [("PATCH", f"inventorylevels/{level}", patch)]
    calls += [("POST", MOVEMENTS, movement(f"{run}-J{n}", "1", level, id_)) for n in range(20)]
    assert Counter(proof.together(calls)) == {(201, ""): 20, (200, ""): 1}
    assert 1000 <= proof.level() <= 1020
    proof.exchanges.clear()
    proof.counted = {"increments": 20, "counted": 20, "beside a PATCH to 1000": "between 1000 and 1020"}


@proof("11-opposite-orders", "guard 4: postings that take two levels in opposite orders do not deadlock")
def opposite_orders(proof: Proof) -> None:
    before = proof.level(1), proof.level(3)
    for pair in range(proof.place.pairs):
        calls: list[Call] = []
        for letter, levels in (("A", (1, 3)), ("B", (3, 1))):
            new = goods(proof, f"R11-{pair}{letter}")
            moves = tuple(new.move(1, level) for level in levels)
            calls.append(("POST", CREDITS, new.body(new.posting(moves=moves))))
        assert proof.together(calls) == [(201, "")] * 2
    moved = 2 * proof.place.pairs
    assert (proof.level(1), proof.level(3)) == (before[0] + moved, before[1] + moved)
    proof.counted = {"pairs": proof.place.pairs, "both posted": proof.place.pairs}


@proof("12-below-zero", "guard 4: stock below zero is refused")
def below_zero(proof: Proof) -> None:
    _, id_ = made(proof, "R12")
    body = movement(f"{proof.place.run}-Z", "-1000000", proof.place.levels[2], id_)
    assert proof.send("POST", MOVEMENTS, body).status_code == 400


def _attempts(memo: str, line: str, move: str, return_id: str) -> Iterator[tuple[str, str, Any]]:
    for type_, id_ in ((CREDITS, memo), (CREDIT_LINES, line), (MOVEMENTS, move)):
        yield "PATCH", f"{type_}/{id_}", {"data": {"type": type_, "id": id_, "attributes": {}}}
        yield "DELETE", f"{type_}/{id_}", None
    for method in ("POST", "PATCH", "DELETE"):
        yield method, f"{CREDITS}/{memo}/relationships/lines", {"data": []}
    yield "DELETE", f"{RETURNS}/{return_id}", None
    yield "DELETE", f"{CREDITS}?filter[orderIdentifier]=nobody", None


@proof("13-immutable", "guard 5: a posted memo is not changed, deleted or added to, nor is its return deleted")
def immutable(proof: Proof) -> None:
    new = goods(proof, "R13")
    memo = proof.expect(201, "POST", CREDITS, new.body(new.posting()))["data"]
    relations = memo["relationships"]
    return_id = relations["orderReturn"]["data"]["id"]
    line, move = (relations[name]["data"][0]["id"] for name in ("lines", "stockMovements"))
    for method, path, body in _attempts(memo["id"], line, move, return_id):
        answer = proof.send(method, path, body)
        assert answer.status_code in (403, 404, 405), f"{method} {path}: {answer.status_code} {answer.text[:300]}"
    credit = {"credit": {"data": {"type": CREDITS, "id": memo["id"]}}}
    extra = new.body(new.posting(2))
    added = next(each for each in extra["included"] if each["type"] == CREDIT_LINES)
    extra["included"].append({**added, "id": "x", "relationships": {**added["relationships"], **credit}})
    assert proof.send("POST", CREDITS, extra).status_code in (400, 403, 409)
    smuggled = new.body(None, new.document(later=5))
    smuggled["included"].append(
        {
            "type": MOVEMENTS,
            "id": "m",
            "attributes": {"postingKey": f"{new.return_id}-X", "quantity": "1"},
            "relationships": {
                "inventoryLevel": {"data": {"type": "inventorylevels", "id": proof.place.levels[0]}},
                "orderReturn": {"data": {"type": RETURNS, "id": smuggled["data"].setdefault("id", "ret")}},
                **credit,
            },
        }
    )
    assert proof.send("POST", RETURNS, smuggled).status_code in (400, 403, 409)
    upsert = new.body(new.posting())
    upsert["data"]["meta"] = {"upsert": ["postingKey"]}
    assert proof.send("POST", CREDITS, upsert).status_code in (400, 403, 409)
    after = proof.expect(200, "GET", f"{CREDITS}/{memo['id']}")["data"]
    assert after == memo


# --- Bad input and rights ------------------------------------------------------------------------------------------

BAD = (None, "", "many", "-1", "1e40", "99999999999999999999", "0.12345678901", [], {})


@proof("14-bad-numbers", "no number that is none ever gives a 500; it is named by its pointer")
def bad_numbers(proof: Proof) -> None:
    for number, bad in enumerate(BAD):
        new = goods(proof, f"R14-{number}")
        places = (
            (new.body(), RETURNS, LINES, "acceptedQuantity"),
            (new.body(new.posting()), CREDITS, CREDIT_LINES, "quantity"),
            (new.body(new.posting()), CREDITS, MOVEMENTS, "quantity"),
            (new.body(new.posting()), CREDITS, CREDITS, "totalValue"),
        )
        for body, path, type_, name in places:
            if (type_, bad) == (MOVEMENTS, "-1"):
                continue  # a movement may take stock out; it may not go below zero
            target = next(each for each in (body["data"], *body["included"]) if each["type"] == type_)
            target["attributes"][name] = bad
            answer = proof.send("POST", path, body)
            assert answer.status_code == 400, f"{type_}.{name} = {bad!r}: {answer.status_code} {answer.text[:300]}"
            assert all("source" in error for error in answer.json()["errors"]), answer.text


@proof("15-bad-words", "unknown status, currency and field are refused by pointer, all problems at once")
def bad_words(proof: Proof) -> None:
    new = goods(proof, "R15")
    body = new.body(None, new.document(status="inspected", sync_state="synced"))
    pointers = [error["source"]["pointer"] for error in proof.expect(400, "POST", RETURNS, body)["errors"]]
    assert pointers == ["/data/attributes/status", "/data/attributes/syncState"]
    body = new.body()
    body["data"]["attributes"]["colour"] = "red"
    proof.refused(400, "extra fields constraint", "POST", RETURNS, body)


@proof("16-without-rights", "a role without rights gets 403 on every resource")
def without_rights(proof: Proof) -> None:
    new = goods(proof, "R16")
    for type_ in (RETURNS, LINES, CREDITS, CREDIT_LINES, MOVEMENTS):
        assert proof.send("GET", type_, without_rights=True).status_code == 403, type_
    for type_, body in ((RETURNS, new.body()), (CREDITS, new.body(new.posting()))):
        assert proof.send("POST", type_, body, without_rights=True).status_code == 403, type_


@proof("17-filters", "postings, lines, movements and returns are found by their keys, many at once")
def filters(proof: Proof) -> None:
    one, two = goods(proof, "R17A"), goods(proof, "R17B")
    for each in (one, two):
        proof.expect(201, "POST", CREDITS, each.body(each.posting()))
    keys = ",".join(f"GL123:{each.return_id}:1" for each in (one, two))
    include = "include=orderReturn,lines,stockMovements&page[size]=100"
    assert len(proof.expect(200, "GET", f"{CREDITS}?filter[postingKey]={keys}&{include}")["data"]) == 2
    firsts = ",".join(f"GL123:{each.return_id}:1/1" for each in (one, two))
    assert len(proof.expect(200, "GET", f"{MOVEMENTS}?filter[postingKey]={firsts}")["data"]) == 2
    names = f"{one.return_id},{two.return_id}"
    found = proof.expect(200, "GET", f"{RETURNS}?filter[externalId]={names}&include=lineItems&page[size]=100")
    assert len(found["data"]) == 2


@proof("18-order-deleted", "deleting an order leaves its return: order null, its identifier kept")
def order_deleted(proof: Proof) -> None:
    new = goods(proof, "R18")
    proof.expect(201, "POST", CREDITS, new.body(new.posting()))
    assert proof.send("DELETE", f"orders/{proof.place.order}").status_code == 204
    found = proof.expect(200, "GET", f"{RETURNS}?filter[externalId]={new.return_id}")["data"][0]
    assert found["relationships"]["order"]["data"] is None
    assert found["attributes"]["orderIdentifier"] == f"{proof.place.run}-SO"


@proof(
    "90-switched-off", "the bundle switched off answers 404 on every resource, which means the switch and not the id"
)
def switched_off(proof: Proof) -> None:
    for type_ in (RETURNS, LINES, CREDITS, CREDIT_LINES, MOVEMENTS):
        assert proof.send("GET", f"{type_}?page[size]=1").status_code == 404, type_
    new = goods(proof, "R90")
    assert proof.send("POST", RETURNS, new.body()).status_code == 404
    assert proof.send("POST", CREDITS, new.body(new.posting())).status_code == 404


BY_HAND = ("90-switched-off",)  # somebody has to turn the switch first
