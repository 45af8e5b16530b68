"""Text messages through a real hub: to the phone and back, and what goes wrong on the way."""

from pathlib import Path

import aiohttp
import pytest

from channels.email.twin import twin as email
from tests.integration.sms.conftest import House, Json, eventually

pytestmark = [pytest.mark.timeout(120), pytest.mark.asyncio(loop_scope="module")]


async def test_a_text_and_its_answer(house: House) -> None:
    phone = "+79123456701"
    await house.twin.play({"who": phone, "text": "Где мой заказ? 🙂"})
    (heard,) = await house.texts(phone, at_least=1)
    assert heard["text"] == "Где мой заказ? 🙂"
    assert (heard["channel"], heard["direction"]) == ("sms", "inbound")
    message = await house.send(phone, "Уже в пути")
    delivery = await house.delivery(message, "delivered")
    assert delivery["provider_status"] == "delivered"
    (shown,) = house.on_phone(phone)
    assert (shown.text, shown.status) == ("Уже в пути", "delivered")


@pytest.mark.parametrize("spelled", ["8 (912) 345-67-02", "+7 912 345 67 02", "79123456702"])
async def test_one_person_however_the_number_is_spelled(house: House, spelled: str) -> None:
    await house.twin.play({"who": "+79123456702", "text": "Hello"})
    customer = await house.customer("+79123456702")
    assert (await house.customer(spelled))["id"] == customer["id"]


async def test_the_same_message_twice_is_one(house: House) -> None:
    phone = "+79123456703"
    house.twin.exchange.faults.add({"do": "repeat"})
    await house.twin.play({"who": phone, "text": "once"})
    await house.twin.play({"who": phone, "text": "and again"})
    texts = [one["text"] for one in await house.texts(phone, at_least=2)]
    assert texts == ["once", "and again"]


async def test_pictures_come_along(house: House) -> None:
    phone, png = "+79123456704", b"\x89PNG\r\n\x1a\n" + bytes(64)
    await house.twin.play({"who": phone, "files": [{"name": "frame.png", "content": png}]})
    (heard,) = await house.texts(phone, at_least=1)
    (file,) = heard["files"]
    headers = {"Authorization": f"Bearer {house.hub.token}"}
    url = f"{house.hub.url}/api/v1/files/{file['id']}"
    async with house.http.get(url, headers=headers) as answer:
        assert await answer.read() == png


async def test_our_pictures_reach_the_phone(house: House) -> None:
    phone, png = "+79123456731", b"\x89PNG\r\n\x1a\n" + bytes(64)
    await house.twin.play({"who": phone, "text": "What does it look like?"})
    await house.texts(phone, at_least=1)
    path = f"inboxes/{house.inbox['id']}"
    await house.api("PATCH", path, {"settings": {**house.twin.settings, "mms": True}})

    async def is_open() -> bool:
        return bool((await house.api("GET", path))["state"] == "open")

    try:
        await eventually(is_open)
        form = aiohttp.FormData()
        form.add_field("file", png, filename="frame.png")
        headers = {"Authorization": f"Bearer {house.hub.token}"}
        url = f"{house.hub.url}/api/v1/files"
        async with house.http.post(url, data=form, headers=headers) as answer:
            file_id = (await answer.json())["id"]
        sent = await house.send(phone, "Like this", files=[file_id])
        await house.delivery(sent, "delivered")
        (picture,) = (await house.arrives(phone, "Like this")).media
        assert picture["type"] == "image/png"
        assert (house.twin.exchange.book.pictures / picture["sid"]).read_bytes() == png
    finally:
        await house.api("PATCH", path, {"settings": {**house.twin.settings, "mms": False}})
        await eventually(is_open)


async def test_nothing_goes_out_after_a_stop_but_its_confirmation(house: House) -> None:
    phone = "+79123456705"
    await house.twin.play({"who": phone, "text": "Привет"})
    customer = await house.customer(phone)
    await house.api("PUT", "rules", _NOTICES)
    await house.twin.play({"who": phone, "text": "Стоп."})
    said = "Optika: сообщений больше не будет. Ответьте СТАРТ, чтобы вернуть их."
    await house.arrives(phone, said)
    assert await _consent(house, phone) == "opted_out"
    # An operator, a repeated stop, an order's notice: none of them gets through.
    refused = await house.api(
        "POST", f"customers/{customer['id']}/messages", {"text": "Hello?"}, status=422
    )
    assert refused["code"] == "no-route"
    assert "opted-out" in refused["candidates"][0]["obstacles"]
    await house.twin.play({"who": phone, "text": "СТОП"})
    await house.api(
        "PUT", "orders/1043", {"customer": {"id": customer["id"]}, "status": "shipped"}
    )

    async def suppressed() -> list[Json]:
        path = f"decisions?customer={customer['id']}"
        items: list[Json] = (await house.api("GET", path))["items"]
        return [one for one in items if one["outcome"] == "suppressed"]

    (decision,) = await eventually(suppressed)
    assert decision["reason"] == "opted-out"
    # What comes after on the same lane shows that nothing was left in it.
    await house.twin.play({"who": phone, "text": "старт"})
    await house.arrives(
        phone, "Optika: сообщения снова будут приходить. Ответьте СТОП, чтобы отписаться."
    )
    assert await _consent(house, phone) == "implicit"
    await house.delivery(await house.send(phone, "Welcome back"), "delivered")
    arrived = [one.text for one in house.on_phone(phone)]
    assert (arrived[0], len(arrived)) == (said, 3)


async def test_what_the_provider_answers_itself_is_not_answered_again(house: House) -> None:
    phone = "+79123456706"
    await house.twin.play({"who": phone, "text": "STOP"})
    await house.texts(phone, at_least=1)
    assert await _consent(house, phone) == "opted_out"
    await house.twin.play({"who": phone, "text": "START"})

    async def welcome() -> bool:
        return await _consent(house, phone) == "implicit"

    await eventually(welcome)
    await house.delivery(await house.send(phone, "Hello"), "delivered")
    assert [one.text for one in house.on_phone(phone)] == ["Hello"]


async def test_a_stop_that_only_the_provider_knows_is_learnt(house: House) -> None:
    phone = "+79123456707"
    await house.twin.play({"who": phone, "text": "Hello"})
    await house.customer(phone)
    house.twin.exchange.book.phone(phone).stopped = True
    failed = await house.delivery(await house.send(phone, "Hello?"), "failed")
    assert (failed["reason"], failed["provider_code"]) == ("opted_out", "21610")
    assert await _consent(house, phone) == "opted_out"


async def test_a_lost_answer_is_shown_and_not_sent_again(house: House) -> None:
    phone = "+79123456708"
    await house.twin.play({"who": phone, "text": "Hello"})
    await house.customer(phone)
    house.twin.exchange.faults.add({"do": "silent"})
    house.twin.exchange.faults.add({"do": "reset"})
    unknown = await house.delivery(await house.send(phone, "Perhaps"), "unknown")
    assert "may have sent it" in unknown["detail"]
    await house.delivery(await house.send(phone, "Next"), "delivered")
    assert [one.text for one in house.on_phone(phone)] == ["Perhaps", "Next"]


async def test_a_receipt_tells_what_became_of_a_lost_answer(house: House) -> None:
    phone = "+79123456709"
    await house.twin.play({"who": phone, "text": "Hello"})
    await house.customer(phone)
    house.twin.exchange.faults.add({"do": "reset"})
    message = await house.send(phone, "Perhaps")
    delivery = await house.delivery(message, "delivered")
    assert delivery["provider_status"] == "delivered"
    assert len(house.on_phone(phone)) == 1


@pytest.mark.parametrize("fault", ["twice", "reversed", "strange"])
async def test_receipts_only_move_forward(house: House, fault: str) -> None:
    phone = "+79123456710"
    await house.twin.play({"who": phone, "text": "Hello"})
    await house.customer(phone)
    house.twin.exchange.faults.add({"do": fault})
    message = await house.send(phone, f"Receipts {fault}")
    await house.delivery(message, "delivered")
    # The next message's last receipt comes after all of this one's.
    await house.delivery(await house.send(phone, "Next"), "delivered")
    delivery = await house.delivery(message, "delivered")
    assert delivery["provider_status"] == "delivered"


async def test_a_word_that_nobody_knows_is_kept(house: House) -> None:
    phone = "+79123456714"
    await house.twin.play({"who": phone, "text": "Hello"})
    await house.customer(phone)
    house.twin.exchange.faults.add({"do": "silent"})
    message = await house.send(phone, "Anything")
    known = await house.delivery(message, "sent")
    (sent,) = house.on_phone(phone)
    form = {"MessageSid": sent.sid, "MessageStatus": "teleported", "To": phone}
    assert await house.post(form, path="status") == 200

    async def kept() -> bool:
        (one,) = (await house.api("GET", f"messages/{message}/deliveries"))["items"]
        return (one["status"], one["provider_status"]) == ("sent", "teleported")

    assert known["provider_status"] != "teleported"
    await eventually(kept)


@pytest.mark.parametrize(("state", "reason", "code"), [("off", "unreachable", "30003")])
async def test_the_provider_says_why_it_failed(
    house: House, state: str, reason: str, code: str
) -> None:
    phone = "+79123456711"
    await house.twin.play({"who": phone, "text": "Hello"})
    await house.customer(phone)
    await house.twin.play({"who": phone, "state": state})
    failed = await house.delivery(await house.send(phone, "Hello?"), "failed")
    assert (failed["reason"], failed["provider_code"]) == (reason, code)
    assert failed["provider_status"] == "undelivered"
    (point,) = (await house.customer(phone))["contact_points"]
    assert point["health"] == reason


async def test_too_many_at_once_waits_and_goes_on(house: House) -> None:
    phone = "+79123456712"
    await house.twin.play({"who": phone, "text": "Hello"})
    await house.customer(phone)
    house.twin.exchange.faults.add({"do": "answer", "status": 429, "retry_after": 1})
    house.twin.exchange.faults.add({"do": "answer", "status": 503})
    await house.delivery(await house.send(phone, "Patience"), "delivered")
    assert len(house.on_phone(phone)) == 1


async def test_a_sender_that_is_no_number_can_be_read_but_not_answered(house: House) -> None:
    form = {"MessageSid": "SM77", "From": "SBERBANK", "To": "+447700900100", "Body": "Code 1234"}
    assert await house.post(form) == 200

    async def known() -> Json | None:
        path = "customers?contact_point=smssender:SBERBANK"
        items = (await house.api("GET", path))["items"]
        return items[0] if items else None

    customer = await eventually(known)
    (heard,) = await house.timeline(customer["id"])
    assert heard["text"] == "Code 1234"
    refused = await house.api(
        "POST", f"customers/{customer['id']}/messages", {"text": "Who?"}, status=422
    )
    assert refused["code"] == "no-route"


async def test_a_sender_that_cannot_be_read_is_kept_with_the_reason(house: House) -> None:
    form = {"MessageSid": "SM78", "From": "+123", "To": "+447700900100", "Body": "Hello"}
    assert await house.post(form) == 200
    kept = (await house.api("GET", "quarantine"))["items"]
    assert any("too short" in one["error"] for one in kept)


async def test_the_check_says_what_arrives(house: House) -> None:
    await house.twin.play({"who": "+79123456713", "text": "Hello"})
    await house.customer("+79123456713")
    found = await house.api("POST", f"inboxes/{house.inbox['id']}/test")
    said = [one["what"] for one in found["findings"]]
    assert "Messages to the number are sent here." in said
    assert any(one.startswith("The last message came in at ") for one in said)
    assert not [one for one in found["findings"] if one["level"] == "error"]


async def test_codes_lead_a_customer_from_texts_to_mail_and_to_another_phone(
    house: House, tmp_path: Path
) -> None:
    first, second, address = "+79123456791", "+79123456792", "anna@post.example"
    async with email.serve("127.0.0.1", 0, tmp_path) as mail:
        new = {"channel": "email", "name": "Mail", "settings": dict(mail.settings)}
        inbox = await house.api("POST", "inboxes", new)
        await eventually(lambda: _open(house, inbox["id"]))
        await house.twin.play({"who": first, "text": "Good day"})
        anna = (await house.customer(first))["id"]

        async def code(channel: str) -> str:
            made = await house.api("POST", f"customers/{anna}/link-codes", {"channel": channel})
            return str(made["code"])

        async def went(text: str) -> str:
            sent = await house.api("POST", f"customers/{anna}/messages", {"text": text})
            [one] = (await house.api("GET", f"messages/{sent['message']['id']}/deliveries"))[
                "items"
            ]
            return str(one["contact_point"]["value"])

        async def known(number: int) -> Json | None:
            shown: Json = await house.api("GET", f"customers/{anna}")
            return shown if len(shown["contact_points"]) == number else None

        # Whose address it is the code does not prove: that the mail's server does.
        words = f"Here I am: {await code('email')}"
        await mail.play({"who": address, "subject": "Code", "text": words, "forged": True})
        again = await code("email")
        await mail.play({"who": address, "subject": "Code", "text": f"Here I am: {again}"})
        await eventually(lambda: known(2))
        assert await went("By mail from now on") == address
        await house.twin.play({"who": second, "text": f"and here {await code('sms')}"})
        await eventually(lambda: known(3))
        assert await went("By text again") == second
        # Used up, whoever else sends it.
        await mail.play({"who": "boris@post.example", "subject": "Code", "text": again})
        boris = "customers?contact_point=email:boris@post.example"
        await eventually(lambda: _some(house, boris))
        assert await known(3)
        ways = [
            one["evidence"]
            for one in (await house.api("GET", f"customers/{anna}/merges"))["items"]
        ]
        assert ways == ["link-code", "link-code"]


async def _open(house: House, inbox: str) -> bool:
    return bool((await house.api("GET", f"inboxes/{inbox}"))["state"] == "open")


async def _some(house: House, path: str) -> Json | None:
    items: list[Json] = (await house.api("GET", path))["items"]
    return items[0] if items else None


async def _consent(house: House, phone: str) -> str:
    points = (await house.customer(phone))["contact_points"]
    return str(points[0]["consent"])


_NOTICES = {
    "name": "Order notices",
    "trigger": {"on": "order.status_changed"},
    "actions": [{"send": {"text": "Order {{ order.number }} is on its way"}}],
}
