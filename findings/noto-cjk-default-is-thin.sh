#!/usr/bin/env bash
# Noto Sans JP and SC come as one variable font each whose default is the thinnest weight (100), while
# Noto Sans Arabic's is the regular one (400). fpdf2 embeds the default when no variation is named, so
# Chinese and Japanese on a packing slip are hairlines that a thermal printer loses. Ours names 400.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv env
env/bin/pip install --quiet fpdf2==2.8.9 justmytype-intl-cjk==0.1.0 justmytype-intl-rtl==0.1.0
cat > weights.py <<'PY'
import re
import zlib
from io import BytesIO
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont
from fpdf import FPDF

packages = next(Path("env").glob("lib/python3*/site-packages"))
for name, text in (("NotoSansJP", "日本"), ("NotoSansSC", "中国"), ("NotoSansArabic", "مرحبا")):
    path = next(path for path in packages.rglob("*.ttf") if path.name.startswith(name + "["))
    font = TTFont(path)
    cutter = subset.Subsetter()
    cutter.populate(text=text)
    cutter.subset(font)
    axes = {axis.axisTag: axis.defaultValue for axis in font["fvar"].axes}
    font.save(name + ".ttf")
    if text == "مرحبا":  # what joins is drawn from parts, so that its outlines differ anyway
        print(name, "default weight", axes["wght"])
        continue
    pdf = FPDF()
    pdf.add_page()
    pdf.add_font(name, fname=name + ".ttf")
    pdf.set_font(name)
    pdf.cell(text=text)
    for stream in re.findall(rb"stream\n(.*?)\nendstream", bytes(pdf.output()), re.DOTALL):
        try:
            file = zlib.decompress(stream)
        except zlib.error:
            continue
        if file.startswith(b"\x00\x01\x00\x00"):
            drawn = TTFont(BytesIO(file))
            outlines = {bytes(drawn["glyf"].glyphs[one].compile(drawn["glyf"])) for one in drawn["glyf"].keys()}
    thin = {bytes(font["glyf"].glyphs[one].compile(font["glyf"])) for one in font.getBestCmap().values()}
    print(name, "default weight", axes["wght"], "outlines in the PDF are the default's:", thin <= outlines)
PY
said=$(env/bin/python weights.py)
echo "fpdf2 2.8.9, justmytype-intl-cjk 0.1.0, justmytype-intl-rtl 0.1.0:"
echo "$said"
[ "$said" = "NotoSansJP default weight 100.0 outlines in the PDF are the default's: True
NotoSansSC default weight 100.0 outlines in the PDF are the default's: True
NotoSansArabic default weight 400.0" ]
