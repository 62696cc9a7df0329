import sys

import requests

for url in sys.argv[1:]:
    try:
        answer = requests.get(url, timeout=20)
        print(answer.status_code, answer.text)
    except requests.RequestException as error:
        print("failed", url, error)
