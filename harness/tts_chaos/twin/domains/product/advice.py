"""What the platform thinks of listings: checks, findings, words to be found by, better texts.

Source: contracts of the operations (documented fields). What is found and suggested follows from
the listing itself, by the rules of `quality`; the words PASS and FAILED of a check are assumed, and
so is that products which the shop does not have are left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tts_chaos.twin.domains.product.classification import leaf_of
from tts_chaos.twin.domains.product.entities import Content, Product
from tts_chaos.twin.domains.product.form import read_form
from tts_chaos.twin.domains.product.listings import PRODUCT_UNKNOWN
from tts_chaos.twin.domains.product.quality import findings_of, quality_tier
from tts_chaos.twin.handler import Call, RefusalError, handles

__all__ = ["check_listing", "diagnose", "diagnose_one", "seo_words", "suggest_texts"]


@handles("product.202309.check_product_listing")
def check_listing(call: Call) -> dict[str, Any]:
    """Say whether Create Product would take a listing; nothing is listed."""
    try:
        content = read_form(call, call.body).content
    except RefusalError as refusal:
        reason = {"code": refusal.code, "message": refusal.message or ""}
        return {"check_result": "FAILED", "fail_reasons": [reason]}
    answer: dict[str, Any] = {"check_result": "PASS", "fail_reasons": []}
    if call.query.get("is_diagnosis_required"):
        answer |= _diagnosis(content, key="suggestions")
    return answer


@handles("product.202405.product_information_issue_diagnosis")
def diagnose(call: Call) -> dict[str, Any]:
    """Return what would make products better."""
    return {
        "products": [{"id": product.id, **_diagnosis(product.content)} for product in _named(call)]
    }


@handles("product.202411.diagnoseand_optimize_product")
def diagnose_one(call: Call) -> dict[str, Any]:
    """Return what would make a listing better that is written, or of a product and written anew.

    Raises:
        RefusalError: 12052032 if the shop has no such product, or for an unusable category.
    """
    leaf = leaf_of(call.env, call.body["category_id"])
    before = Content(title="", skus=())
    if call.body.get("product_id"):
        product = call.env.store.get(Product, call.shop_id, call.body["product_id"])
        if product is None:
            raise RefusalError(PRODUCT_UNKNOWN, "The product does not exist in this shop.")
        before = product.content
    return _diagnosis(
        Content(
            title=call.body.get("title") or before.title,
            skus=(),
            description=call.body.get("description") or before.description,
            category_id=leaf.id,
            category_name=leaf.name,
            details={**before.details, **call.body},
        )
    )


@handles("product.202405.get_products_seo_words")
def seo_words(call: Call) -> dict[str, Any]:
    """Return words to be found by: those of the category, and of the title."""
    return {
        "products": [
            {"id": product.id, "seo_words": _texts(_words_of(product.content))}
            for product in _named(call)
        ]
    }


@handles("product.202405.get_recommended_product_title_and_description")
def suggest_texts(call: Call) -> dict[str, Any]:
    """Return a longer title, and a description that says the title."""
    return {
        "products": [
            {
                "id": product.id,
                "suggestions": [
                    {"field": "TITLE", "items": _texts([_title_for(product.content)])},
                    {"field": "DESCRIPTION", "items": _texts([_description_for(product.content)])},
                ],
            }
            for product in _named(call)
        ]
    }


def _named(call: Call) -> list[Product]:
    ids = dict.fromkeys(call.query["product_ids"])
    found = (call.env.store.get(Product, call.shop_id, id) for id in ids)
    return [product for product in found if product]


def _diagnosis(content: Content, *, key: str = "suggestion") -> dict[str, Any]:
    findings = findings_of(content)
    return {
        "listing_quality": {
            "current_tier": quality_tier(content),
            "remaining_recommendations": len(findings),
        },
        "diagnoses": [
            {
                "field": finding.field,
                "diagnosis_results": [
                    {
                        "code": finding.code,
                        "how_to_solve": finding.advice,
                        "quality_tier": finding.tier,
                    }
                ],
                key: _suggestion(finding.field, content),
            }
            for finding in findings
        ],
    }


def _suggestion(field: str, content: Content) -> Mapping[str, Any]:
    texts = {"TITLE": _title_for(content), "DESCRIPTION": _description_for(content)}
    smart = [texts[field]] if field in texts else []
    return {"seo_words": _texts(_words_of(content)), "smart_texts": _texts(smart), "images": []}


def _words_of(content: Content) -> list[str]:
    words = (word.strip(",.") for word in content.title.split())
    return list(dict.fromkeys([content.category_name, *words]))[:5]


def _title_for(content: Content) -> str:
    return f"{content.title} | {content.category_name}".strip(" |")


def _description_for(content: Content) -> str:
    return f"<p>{content.title}. See more of our {content.category_name}.</p>"


def _texts(words: list[str]) -> list[dict[str, str]]:
    return [{"text": word} for word in words]
