import asyncio
import ssl
import sys

import certifi
import httpx


async def main() -> None:
    # Many programs name the bundle of authorities that comes with certifi.
    context = ssl.create_default_context(cafile=certifi.where())
    async with httpx.AsyncClient(verify=context, timeout=20) as client:
        for url in sys.argv[1:]:
            try:
                answer = await client.get(url)
                print(answer.status_code, answer.text)
            except httpx.HTTPError as error:
                print("failed", url, error)


asyncio.run(main())
