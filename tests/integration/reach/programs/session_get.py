"""Asks for an address at each line of its input, over connections that it keeps, and says how."""

import sys

import requests

session = requests.Session()
for _ in sys.stdin:
    try:
        told = session.get(sys.argv[1], timeout=20).text
    except requests.RequestException as error:
        told = str(error).replace("\n", " ")
    print(told, flush=True)
