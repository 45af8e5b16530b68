"""The address of a chat, typed without its last slash."""

from aiohttp.test_utils import make_mocked_request

from hub.web.channels import ChannelDoor

CHAT = "01a20000-0000-7000-8000-00000000000a"


async def test_what_stands_behind_the_address_goes_along_as_it_came():
    path = f"/chat/{CHAT}?a=%0D%0ASet-Cookie:%20b&c=//d"
    request = make_mocked_request("GET", path, match_info={"inbox": CHAT})
    answer = await ChannelDoor(lambda _id, _path: None).page(request)
    assert answer.status == 308
    assert answer.headers["Location"] == f"{CHAT}/?a=%0D%0ASet-Cookie:%20b&c=//d"
