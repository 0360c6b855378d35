"""Two invented courses for the demonstration phone: a required one with picture and quiz, a short one without."""

from __future__ import annotations

import base64
import io
from typing import Any
from uuid import UUID


def courses() -> list[dict[str, Any]]:
    """Two invented courses, one of them required and with a picture."""
    knocking = f"![一位探访员在门前敲门]({_picture()})"
    return [
        {
            "id": str(UUID(int=6_001)),
            "version": 1,
            "required": True,
            "title": {"zh": "敲门之后：第一次探访", "en": "After you knock: your first visit"},
            "markdown": {
                "zh": f"# 到门口\n\n先**敲三下**，报上名字，等一等。老人走得慢。\n\n{knocking}\n\n## 进门以后\n\n"
                "- 先问身体好不好，再看安全\n- 不碰药，不碰钱，不替人签字\n- 听老人说完\n\n"
                "> 老人说不舒服，就不算“全部良好”。\n\n## 没人应门\n\n"
                "1. 打老人的电话\n2. 打家属的电话\n3. 问邻居\n\n每一步都记下来，半小时后再来一次。",
                "en": f"# At the door\n\n**Knock three times**, say who you are, and wait: old people walk slowly.\n\n"
                f"{knocking.replace('一位探访员在门前敲门', 'A visitor knocking at a door')}\n\n## Inside\n\n"
                "- First ask how they are\n- No medicine, no money, no signatures\n- Hear them out\n\n"
                "> Whoever says they feel unwell is not “all good”.\n\n## Nobody answers\n\n"
                "1. Call the elder\n2. Call the family\n3. Ask the neighbours\n\nNote each step, then go again.",
            },
            "quiz": [
                {
                    "question": {"zh": "敲门没人应，第一步做什么？", "en": "Nobody answers. What comes first?"},
                    "options": [
                        {"zh": "给老人打电话", "en": "Call the elder"},
                        {"zh": "先回家，明天再说", "en": "Go home, see tomorrow"},
                        {"zh": "在门上贴张纸条", "en": "Leave a note on the door"},
                    ],
                    "correct": 0,
                    "why": {
                        "zh": "也许只是没听见。先打电话最快。",
                        "en": "Perhaps they did not hear. A call is quickest.",
                    },
                },
                {
                    "question": {
                        "zh": "老人请您帮忙取钱，怎么办？",
                        "en": "An elder asks you to fetch money. What do you do?",
                    },
                    "options": [
                        {"zh": "帮忙去取", "en": "Fetch it"},
                        {"zh": "不碰钱，请家属或社区来办", "en": "No money: ask family or community"},
                    ],
                    "correct": 1,
                    "why": {
                        "zh": "钱和药都不经手，对您和老人都好。",
                        "en": "No money, no medicine: it protects you both.",
                    },
                },
            ],
            "done": None,
        },
        {
            "id": str(UUID(int=6_002)),
            "version": 1,
            "required": False,
            "title": {"zh": "燃气安全三分钟", "en": "Gas safety in three minutes"},
            "markdown": {"zh": "闻到臭鸡蛋味：**不开灯，不打电话**，开窗，出门，再打 119。", "en": ""},
            "quiz": [],
            "done": None,
        },
    ]


def _picture() -> str:
    """A drawing as a data URI, a few KB."""
    from PIL import Image, ImageDraw

    page = Image.new("RGB", (600, 300), "#E4F1EC")
    draw = ImageDraw.Draw(page)
    draw.rectangle((340, 40, 500, 300), fill="#643E00")
    draw.rectangle((356, 56, 484, 300), fill="#8A5A12")
    draw.ellipse((462, 170, 476, 184), fill="#FFF1D6")
    draw.ellipse((150, 70, 220, 140), fill="#F2C9A1")
    draw.rounded_rectangle((130, 145, 240, 300), 36, fill="#0A5547")
    draw.line((225, 175, 330, 150), fill="#0A5547", width=26)
    draw.ellipse((318, 134, 350, 166), fill="#F2C9A1")
    for radius in (24, 42, 60):
        draw.arc((360 - radius, 150 - radius, 360 + radius, 150 + radius), -70, -10, fill="#FFF1D6", width=5)
    out = io.BytesIO()
    page.quantize(16).save(out, "PNG", optimize=True)
    return "data:image/png;base64," + base64.b64encode(out.getvalue()).decode()
