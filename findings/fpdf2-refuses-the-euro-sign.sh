#!/usr/bin/env bash
# The built-in fonts of a PDF are written by fpdf2 as WinAnsi, in which the euro sign, dashes and curly
# quotes have codes; fpdf2 takes it for Latin-1, in which they have none, and raises. A price label with
# `5 €` is not printed, one with `£` is. Ours embeds a font.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv env
env/bin/pip install --quiet fpdf2==2.8.9
cat > prices.py <<'PY'
from fpdf import FPDF

pdf = FPDF()
pdf.add_page()
pdf.set_font("Helvetica")
for text in ("5 £", "5 €", "Size 36–38", "Joe’s mug"):
    try:
        pdf.cell(text=text)
    except Exception as error:
        print(text, type(error).__name__)
    else:
        print(text, "is printed")
print("WinAnsiEncoding" in bytes(pdf.output()).decode("latin-1"))
PY
said=$(env/bin/python prices.py)
echo "fpdf2 2.8.9:"
echo "$said"
[ "$said" = "5 £ is printed
5 € FPDFUnicodeEncodingException
Size 36–38 FPDFUnicodeEncodingException
Joe’s mug FPDFUnicodeEncodingException
True" ]
