"""Writes campaign-planner.xlsx: five sheets, ordinary formulas, no macros.

Usage: python3 campaign-planner.py OUT.xlsx   (needs openpyxl)

Cream cells are for the reader, white cells compute. Only functions that Excel, LibreOffice and
Google Sheets share are used. The timestamps are fixed, so that the same source gives the same bytes.
"""

import datetime as dt
import re
import sys
import zipfile
from pathlib import Path

from openpyxl import Workbook
from openpyxl.formatting.rule import FormulaRule
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation

GREEN, DEEP, TINT, CREAM, SOFT, AMBER = "FF0F5C4D", "FF0A4439", "FFE6F0ED", "FFFFF6EA", "FF5A6763", "FFB3651B"
STAMP = dt.datetime(2026, 11, 16, 9, 0, 0)
BASE = "Arial"
POSTS, LEADS = 120, 300  # prepared rows

line = Side(style="thin", color="FFBDB5A4")
BOX = Border(left=line, right=line, top=line, bottom=line)
UNDER = Border(bottom=Side(style="medium", color=GREEN))
WRAP = Alignment(wrap_text=True, vertical="top")
LEFT = Alignment(horizontal="left", vertical="top")
MID = Alignment(vertical="center", wrap_text=True)


def font(**kw):
    return Font(**{"name": BASE, "size": 10.5, "color": "FF1F2A28", **kw})


def fill(colour):
    return PatternFill("solid", start_color=colour, end_color=colour)


def put(ws, ref, value, **style):
    cell = ws[ref]
    cell.value = value
    cell.font = style.get("font", font())
    cell.alignment = style.get("align", WRAP)
    for key in ("fill", "border", "number_format"):
        if key in style:
            setattr(cell, key, style[key])
    return cell


def entry(ws, ref, value=None, **style):
    """A cell for the reader to write in."""
    return put(ws, ref, value, fill=fill(CREAM), border=BOX, **style)


def computed(ws, ref, formula, **style):
    return put(ws, ref, formula, border=BOX, **style)


def sheet(wb, name, title, hint, widths, span, pages=0):
    ws = wb.create_sheet(name)
    ws.sheet_view.showGridLines = False
    ws.sheet_properties.tabColor = GREEN
    for n, width in enumerate(widths, start=1):
        ws.column_dimensions[get_column_letter(n)].width = width
    put(ws, "B1", title, font=font(name="Georgia", size=20, color=DEEP), align=Alignment(vertical="center"))
    ws.row_dimensions[1].height = 36
    ws.merge_cells(f"B2:{span}2")
    put(ws, "B2", hint, font=font(color=SOFT), align=WRAP)
    ws.page_setup.orientation = "landscape"
    ws.page_setup.paperSize = ws.PAPERSIZE_A4
    ws.page_setup.fitToWidth, ws.page_setup.fitToHeight = 1, pages
    ws.sheet_properties.pageSetUpPr.fitToPage = True
    ws.page_margins.left = ws.page_margins.right = 0.5
    return ws


def head(ws, row, col, labels, centre=False):
    for n, label in enumerate(labels):
        ref = f"{get_column_letter(col + n)}{row}"
        put(ws, ref, label, font=font(bold=True, color=GREEN, size=10), border=UNDER, align=Alignment(vertical="bottom", wrap_text=True, horizontal="center" if centre and n else None))


def choices(ws, cells, items, prompt=None):
    rule = DataValidation(type="list", formula1=items if items.startswith(("=", "$")) else f'"{items}"', allow_blank=True)
    if prompt:
        rule.promptTitle, rule.prompt, rule.showInputMessage = "Hint", prompt, True
    ws.add_data_validation(rule)
    rule.add(cells)


# ---------------------------------------------------------------- Goal
def goal(wb):
    ws = sheet(wb, "Goal", "Goal",
               "Fill in the cream cells, and leave the white ones to compute. The entries are an example from an invented firm: "
               "two engineers who help small water utilities prepare for outages. Overwrite them.",
               [2, 40, 34, 66], "D", pages=1)
    ws.row_dimensions[2].height = 32

    head(ws, 4, 2, ["The campaign", "", "What to write"])
    rows = [
        (5, "Name", "Ready for the first frost", "What you call it among yourselves."),
        (6, "First day", dt.date(2026, 11, 2), "A window with a reason on the reader’s side: a season, a budget year, a fair."),
        (7, "Last day", dt.date(2027, 1, 29), "The last two weeks are for answering people. Plan no new material there."),
        (8, "Who looks at it, and when", "Sam, first Monday of the month", "One name. A goal that nobody looks at is decoration."),
        (9, "We stop early if", "nobody has asked after two articles and ten posts", "Decide this while everybody is calm."),
    ]
    for row, label, value, hint in rows:
        put(ws, f"B{row}", label, align=MID)
        entry(ws, f"C{row}", value, align=MID, **({"number_format": "d mmm yyyy"} if isinstance(value, dt.date) else {}))
        put(ws, f"D{row}", hint, font=font(color=SOFT, size=10), align=MID)
        ws.row_dimensions[row].height = 20
    ws.row_dimensions[9].height = 32

    head(ws, 11, 2, ["Working backwards", "", "Why"])
    put(ws, "B12", "Customers you want", align=MID); entry(ws, "C12", 3)
    put(ws, "B13", "Leads last time", align=MID); entry(ws, "C13", 40)
    put(ws, "B14", "Customers last time", align=MID); entry(ws, "C14", 2)
    put(ws, "D12", "From this campaign, not from the whole year.", font=font(color=SOFT, size=10), align=MID)
    put(ws, "D13", "From your own log, for a comparable effort. No figures yet? Leave both empty and set your own target below.", font=font(color=SOFT, size=10), align=MID)
    put(ws, "D14", "If this is a small number, the range below is wide. That is the honest answer.", font=font(color=SOFT, size=10), align=MID)
    put(ws, "B15", "Leads you need, first guess", align=MID)
    computed(ws, "C15", '=IF(COUNTIF(C13:C14,">0")<2,"",ROUNDUP(C12*C13/C14,0))')
    put(ws, "D15", "Customers you want × leads last time ÷ customers last time.", font=font(color=SOFT, size=10), align=MID)
    put(ws, "B16", "… with one customer more last time", align=MID)
    computed(ws, "C16", '=IF(COUNTIF(C13:C14,">0")<2,"",ROUNDUP(C12*C13/(C14+1),0))')
    put(ws, "B17", "… with one customer fewer", align=MID)
    computed(ws, "C17", '=IF(COUNTIF(C13:C14,">0")<2,"",IF(C14>1,ROUNDUP(C12*C13/(C14-1),0),"no limit"))')
    put(ws, "D16", "Move one person in your mind. The goal lies somewhere between these two.", font=font(color=SOFT, size=10), align=MID)
    put(ws, "B18", "Your own target, if you choose another", align=MID); entry(ws, "C18")
    put(ws, "D18", "Leave empty to use the first guess.", font=font(color=SOFT, size=10), align=MID)
    put(ws, "B19", "Target", font=font(bold=True), align=MID)
    computed(ws, "C19", '=IF(ISNUMBER(C18),C18,C15)', font=font(bold=True, size=13, color=GREEN), fill=fill(TINT))
    for row in range(12, 20):
        ws.row_dimensions[row].height = 32 if row == 13 else 20

    head(ws, 21, 2, ["Where you are today", "", "How it is counted"])
    lines = [
        (22, "Days in the window", "=MAX(0,C7-C6+1)", "Both days included."),
        (23, "Days gone", "=MAX(0,MIN(C22,TODAY()-C6+1))", "Changes by itself every morning."),
        (24, "Leads a week that the target needs", '=IF(OR(C22=0,NOT(ISNUMBER(C19))),"",ROUNDUP(C19/(C22/7),1))', "Was there ever a week like that in your log?"),
        (25, "Leads in the window so far", '=COUNTIFS(Leads!$B$8:$B${0},">="&C6,Leads!$B$8:$B${0},"<="&C7)'.format(LEADS + 7), "Lines in the sheet Leads with a date in the window."),
        (26, "At an even pace it would be", '=IF(OR(C22=0,NOT(ISNUMBER(C19))),"",ROUND(C19*C23/C22,0))', "Articles come out on certain days, so an even pace is only a yardstick."),
        (27, "In words", '=IF(C26="","",IF(C23=0,"not begun",IF(C25>=C26,"at or ahead of an even pace, by "&(C25-C26),"behind an even pace, by "&(C26-C25))))', "Behind? First ask what has been published, then what to change."),
        (28, "Conversations", '=COUNTIF(Leads!$H$8:$H${0},"talking")+COUNTIF(Leads!$H$8:$H${0},"customer")'.format(LEADS + 7), "Leads with the status talking or customer."),
        (29, "Customers", '=COUNTIF(Leads!$H$8:$H${0},"customer")'.format(LEADS + 7), ""),
        (30, "Revenue", "=SUM(Leads!$I$8:$I${0})".format(LEADS + 7), "In your own currency."),
    ]
    for row, label, formula, hint in lines:
        put(ws, f"B{row}", label, align=MID)
        computed(ws, f"C{row}", formula, number_format="#,##0" if row == 30 else "General", align=MID)
        put(ws, f"D{row}", hint, font=font(color=SOFT, size=10), align=MID)
        ws.row_dimensions[row].height = 20
    for row in range(5, 31):
        ws[f"C{row}"].alignment = Alignment(horizontal="left", vertical="center", wrap_text=True)
    ws.print_area = "A1:D30"


# ---------------------------------------------------------------- Audience
def audience(wb):
    ws = sheet(wb, "Audience", "Audience and perceptions",
               "One person in one week, then what that person believes. Use their words, not yours.", [2, 42, 74, 11, 11], "E", pages=1)
    head(ws, 4, 2, ["The person", "", "", ""])
    person = [
        ("Who: job, size of the firm", "Operations manager at a water utility with fewer than 30 staff. Shares one on-call phone with a deputy."),
        ("On the desk this week", "The rota for the winter. Somebody retires in December and takes the map of the old valves along in his head."),
        ("Has tried, and why it failed", "A folder with an outage plan, written for the regulator in 2019. Nobody has opened it since."),
        ("Says, word for word", "“If the pump goes at night, they call Jim. Everybody calls Jim.”"),
        ("Three real people who fit (initials)", "A. M.,  R. S.,  T. D."),
    ]
    for n, (label, value) in enumerate(person):
        row = 5 + n
        put(ws, f"B{row}", label, align=MID)
        entry(ws, f"C{row}", value, align=MID)
        ws.row_dimensions[row].height = 34
    ws.row_dimensions[9].height = 22

    head(ws, 11, 2, ["Perceptions", "", "", ""])
    seen = [
        ("Now: what they believe today", "Outage plans are paperwork for the regulator."),
        ("Reinforce: true, helpful, worth repeating", "Our people know the network better than any document."),
        ("Change: the one belief in the way", "What they know is of no use if they cannot be reached. Write down the first hour."),
    ]
    for n, (label, value) in enumerate(seen):
        row = 12 + n
        put(ws, f"B{row}", label, align=MID)
        entry(ws, f"C{row}", value, align=MID)
        ws.row_dimensions[row].height = 34

    head(ws, 16, 2, ["Articles (the short name from the address)", "What it does to a perception", "Posts planned", "Leads so far"])
    ws.row_dimensions[16].height = 30
    articles = [
        ("who-holds-the-keys", "Describes the night when Jim does not answer, so that “now” is recognised."),
        ("the-first-hour", "Shows the change: one page, eight names, the first sixty minutes."),
        ("what-frost-breaks", "Honours what people know: where the old pipes are, and who remembers."),
        (None, None), (None, None), (None, None),
    ]
    for n, (slug, does) in enumerate(articles):
        row = 17 + n
        entry(ws, f"B{row}", slug, align=MID)
        entry(ws, f"C{row}", does, align=MID)
        computed(ws, f"D{row}", f'=IF(B{row}="","",COUNTIF(Calendar!$E$9:$E${POSTS + 8},B{row}))', align=MID)
        computed(ws, f"E{row}", f'=IF(B{row}="","",COUNTIF(Leads!$D$8:$D${LEADS + 7},B{row}))', align=MID)
        ws.row_dimensions[row].height = 22
    put(ws, "B24", "The calendar and the lead log take their lists of articles from here.", font=font(color=SOFT, size=10))
    ws.merge_cells("B24:E24")
    ws.print_area = "A1:E24"


# ---------------------------------------------------------------- Offer
def offer(wb):
    ws = sheet(wb, "Offer", "Offer",
               "Put five questions to up to three ideas. An idea that fails the first or the fourth is out. Among the rest, take the quickest to make.",
               [2, 58, 28, 28, 28], "E", pages=1)
    head(ws, 4, 2, ["Question", "Idea A", "Idea B", "Idea C"])
    put(ws, "B5", "The idea in three or four words", align=MID)
    for col, value in zip("CDE", ["Outage checklist, one page", "Call of 30 minutes", "Report on winter outages"]):
        entry(ws, f"{col}5", value, font=font(bold=True), align=MID)
    ws.row_dimensions[5].height = 32
    questions = [
        "Does it do a job? It is filled in, run, ticked off or pasted.",
        "Does the job come right after the article?",
        "Is it done in one sitting, or in minutes a day?",
        "Does it work without you?",
        "Do you use it yourself?",
    ]
    answers = ["yyyyy", "ynyny", "nnnyn"]
    for n, question in enumerate(questions):
        row = 6 + n
        put(ws, f"B{row}", question, align=MID)
        for col, given in zip("CDE", answers):
            entry(ws, f"{col}{row}", "yes" if given[n] == "y" else "no", align=MID)
        ws.row_dimensions[row].height = 21
    choices(ws, "C6:E10", "yes,no")
    put(ws, "B11", "Verdict", font=font(bold=True), align=MID)
    for col in "CDE":
        computed(ws, f"{col}11", f'=IF(COUNTA({col}6:{col}10)<5,"",IF(OR({col}6="no",{col}9="no"),"out",COUNTIF({col}6:{col}10,"yes")&" of 5"))',
                 font=font(bold=True, color=GREEN), fill=fill(TINT), align=MID)
    ws.conditional_formatting.add("C6:E10", FormulaRule(formula=['C6="no"'], font=Font(color=AMBER)))
    ws.conditional_formatting.add("C11:E11", FormulaRule(formula=['C11="out"'], font=Font(color=AMBER, bold=True)))

    head(ws, 13, 2, ["The one you make", "", "", ""])
    chosen = [
        ("Name: says what it is", "The first hour: an outage checklist"),
        ("Promise: one sentence, one result that depends on nobody else", "After half an hour your deputy knows whom to call first, second and third."),
        ("Format, size, time it takes", "PDF, one page, half an hour for two people"),
        ("Button: completes “I want you to …”", "Send me the checklist"),
        ("What happens after the form", "One e-mail with the link, from Sam. Nothing else unless the box is ticked."),
        ("Call to action in the reader’s world", "Walk through it with your deputy before the first frost."),
        ("The question in the first e-mail", "What made you look for this now?"),
    ]
    for n, (label, value) in enumerate(chosen):
        row = 14 + n
        put(ws, f"B{row}", label, align=MID)
        ws.merge_cells(f"C{row}:E{row}")
        entry(ws, f"C{row}", value, align=MID)
        for col in "DE":
            ws[f"{col}{row}"].border = BOX
        ws.row_dimensions[row].height = 23
    put(ws, "B22", "A look at the promise", align=MID)
    ws.merge_cells("C22:E22")
    computed(ws, "C22", '=IF(C15="","",IF(ISNUMBER(SEARCH(", and ",C15)),"There is an “and” after a comma. Are these two offers?",IF(LEN(C15)>120,"Longer than 120 characters. Can it be one breath?","One sentence, "&LEN(C15)&" characters.")))',
             font=font(color=SOFT), align=MID)
    ws.print_area = "A1:E22"


# ---------------------------------------------------------------- Calendar
def calendar(wb):
    widths = [2, 14, 6, 12, 22, 18, 58, 8, 8, 13, 7, 12, 11, 60, 11, 3, 14, 12, 12, 12]
    ws = sheet(wb, "Calendar", "Content calendar",
               "One line for each post, in the order of the dates. Write the text without the link: the link is built for you. "
               "The limits of the networks stand on the right and can be changed.", widths, "L")
    ws.row_dimensions[2].height = 32
    put(ws, "B4", "Address of your articles", font=font(bold=True), align=MID); ws.merge_cells("B4:D4")
    ws.merge_cells("E4:G4"); entry(ws, "E4", "https://example.com/articles/", align=MID)
    put(ws, "B5", "Campaign in links", font=font(bold=True), align=MID); ws.merge_cells("B5:D5")
    ws.merge_cells("E5:G5"); entry(ws, "E5", "first-frost", align=MID)
    last = POSTS + 8
    put(ws, "I4", "Posts planned", align=MID); ws.merge_cells("I4:L4")
    computed(ws, "M4", f'=COUNTA($G$9:$G${last})')
    put(ws, "I5", "Due in the next seven days", align=MID); ws.merge_cells("I5:L5")
    computed(ws, "M5", f'=COUNTIFS($B$9:$B${last},">="&TODAY(),$B$9:$B${last},"<"&TODAY()+7)')
    put(ws, "I6", "Lines that need a look", align=MID); ws.merge_cells("I6:L6")
    computed(ws, "M6", f'=COUNTIF($J$9:$J${last},"too long*")+COUNTIF($L$9:$L${last},"more*")+COUNTIF($M$9:$M${last},"twice")')
    for row in (4, 5, 6):
        ws.row_dimensions[row].height = 20
    for ref in ("M4", "M5", "M6"):
        ws[ref].font = font(bold=True, color=GREEN)
        ws[ref].alignment = Alignment(horizontal="center", vertical="center")

    head(ws, 8, 2, ["Date", "Day", "Network", "Article", "Variant", "Text", "Length", "Room", "Fits?", "Ask?", "One in four?", "Said before?", "Link", "Status"])
    ws.row_dimensions[8].height = 30

    head(ws, 8, 17, ["Network", "Limit", "A link takes", "Room left"])
    networks = [("x", 280, 23), ("bluesky", 300, 30), ("mastodon", 500, 23), ("threads", 500, 90), ("linkedin", 3000, 90), ("facebook", 5000, 90)]
    for n, (name, limit, link) in enumerate(networks):
        row = 9 + n
        entry(ws, f"Q{row}", name, align=MID); entry(ws, f"R{row}", limit, align=MID); entry(ws, f"S{row}", link, align=MID)
        computed(ws, f"T{row}", f'=IF(Q{row}="","",R{row}-S{row}-1)', align=MID)
    for row in (15, 16):
        for col in "QRS":
            entry(ws, f"{col}{row}", align=MID)
        computed(ws, f"T{row}", f'=IF(Q{row}="","",R{row}-S{row}-1)', align=MID)
    ws.merge_cells("Q18:T23")
    put(ws, "Q18", "X and Mastodon count every link as 23 characters. For the others the sheet allows for a typical length. "
                   "The column Length counts plain characters: some emoji and scripts count for more on the networks. "
                   "Facebook allows far more than 5,000, but nobody reads it.", font=font(color=SOFT, size=9.5))

    week = '"Sun","Mon","Tue","Wed","Thu","Fri","Sat"'
    d = dt.date
    example = [
        (d(2026, 11, 3), "linkedin", "who-holds-the-keys", "question", "It is two in the morning and a main has burst. Who in your utility knows which valve to close, and what happens if that person does not pick up?", "no", "posted"),
        (d(2026, 11, 4), "bluesky", "who-holds-the-keys", "takeaway", "An outage plan has one job: to tell the second person what the first one knows. If it does not fit on a page, it will not be read at night.", "no", "posted"),
        (d(2026, 11, 17), "linkedin", "who-holds-the-keys", "example", "A made-up but familiar rota: eight people, one phone, and a note that says “ask Jim”. Which of your notes says “ask Jim”?", "no", "posted"),
        (d(2026, 11, 24), "linkedin", "the-first-hour", "ask", "The checklist for the first hour of an outage is one page long. You can have it for an e-mail address, and fill it in with your deputy in half an hour.", "yes", "planned"),
        (d(2026, 11, 26), "bluesky", "the-first-hour", "quote", "The first hour decides what the next ten will cost.", "no", "planned"),
        (d(2026, 12, 3), "mastodon", "the-first-hour", "behind", "Our first draft of the outage checklist had four pages. An operations manager put it face down on the table and asked: what was on it? Now it has one.", "no", "planned"),
    ]
    for n in range(POSTS):
        row = 9 + n
        data = example[n] if n < len(example) else (None,) * 7
        entry(ws, f"B{row}", data[0], number_format="d mmm yyyy", align=LEFT)
        computed(ws, f"C{row}", f'=IF(B{row}="","",CHOOSE(WEEKDAY(B{row}),{week}))')
        for col, value in zip("DEFG", data[1:5]):
            entry(ws, f"{col}{row}", value)
        computed(ws, f"H{row}", f'=IF(G{row}="","",LEN(G{row}))')
        computed(ws, f"I{row}", f'=IF(OR(D{row}="",G{row}=""),"",IFERROR(VLOOKUP(D{row},$Q$9:$T$16,4,FALSE),"?"))')
        computed(ws, f"J{row}", f'=IF(OR(H{row}="",I{row}="",I{row}="?"),"",IF(H{row}<=I{row},"fits","too long by "&(H{row}-I{row})))')
        entry(ws, f"K{row}", data[5])
        first = max(9, row - 3)
        computed(ws, f"L{row}", f'=IF(K{row}<>"yes","",IF(COUNTIF(K{first}:K{row},"yes")>1,"more than one","good"))')
        computed(ws, f"M{row}", f'=IF(G{row}="","",IF(SUMPRODUCT(--($G$9:$G${last}=G{row}))>1,"twice","new"))')
        computed(ws, f"N{row}", f'=IF(OR(D{row}="",E{row}=""),"",$E$4&E{row}&"/?utm_source="&LOWER(D{row})&"&utm_medium=social&utm_campaign="&LOWER($E$5)&IF(F{row}="","","&utm_content="&LOWER(SUBSTITUTE(F{row}," ","-"))))',
                 font=font(size=9, color=SOFT))
        entry(ws, f"O{row}", data[6])
        if n < len(example):
            ws.row_dimensions[row].height = 44
    choices(ws, f"D9:D{last}", "=$Q$9:$Q$16")
    choices(ws, f"E9:E{last}", "=Audience!$B$17:$B$22")
    choices(ws, f"F9:F{last}", "question,quote,takeaway,example,behind,ask")
    choices(ws, f"K9:K{last}", "yes,no", "Does the post ask for something? An address, a call, a seat, an opinion on your offer: yes. A link to an open article: no.")
    choices(ws, f"O9:O{last}", "idea,planned,posted,dropped")
    warn = Font(color=AMBER, bold=True)
    ws.conditional_formatting.add(f"J9:J{last}", FormulaRule(formula=['LEFT(J9,3)="too"'], font=warn))
    ws.conditional_formatting.add(f"L9:L{last}", FormulaRule(formula=['LEFT(L9,4)="more"'], font=warn))
    ws.conditional_formatting.add(f"M9:M{last}", FormulaRule(formula=['M9="twice"'], font=warn))
    ws.conditional_formatting.add(f"B9:B{last}", FormulaRule(formula=['AND(B9<>"",B9<TODAY(),O9="planned")'], font=warn))
    ws.freeze_panes = "C9"
    ws.print_title_rows = "8:8"
    ws.print_area = f"A1:O{8 + 30}"


# ---------------------------------------------------------------- Leads
def leads(wb):
    widths = [2, 14, 26, 22, 20, 14, 11, 11, 11, 28, 14, 44, 3, 24, 9, 9, 9, 9, 11]
    ws = sheet(wb, "Leads", "Lead log",
               "One line for each person. This sheet holds personal data: keep it where only those who need it can open it, and never in a public repository. "
               "The sums stand on the right.", widths, "L")
    ws.row_dimensions[2].height = 32
    last = LEADS + 7
    put(ws, "B4", "Month under review", font=font(bold=True), align=MID); ws.merge_cells("B4:C4")
    entry(ws, "D4", dt.date(2026, 11, 1), number_format="mmmm yyyy", align=Alignment(horizontal="left", vertical="center"))
    put(ws, "E4", "Any day of the month will do.", font=font(color=SOFT, size=10), align=MID); ws.merge_cells("E4:G4")
    put(ws, "B5", "Next steps overdue", font=font(bold=True), align=MID); ws.merge_cells("B5:C5")
    computed(ws, "D5", f'=SUMPRODUCT(($K$8:$K${last}<>"")*($K$8:$K${last}<TODAY())*($H$8:$H${last}<>"customer")*($H$8:$H${last}<>"closed"))',
             align=Alignment(horizontal="left", vertical="center"), font=font(bold=True, color=GREEN))
    for row in (4, 5):
        ws.row_dimensions[row].height = 20

    head(ws, 7, 2, ["Date", "E-mail", "Article", "Offer", "Network", "Letter too?", "Status", "Revenue", "Next step", "By", "In their words"])
    d = dt.date
    example = [
        (d(2026, 11, 5), "a.m@example.org", "who-holds-the-keys", "outage-checklist", "linkedin", "no", "asked", None, None, None, None),
        (d(2026, 11, 9), "ops@example.net", "who-holds-the-keys", "outage-checklist", "bluesky", "yes", "replied", None, "answer his question about valves", d(2026, 11, 27), "“We had one on Sunday. I was the third they called.”"),
        (d(2026, 11, 18), "r.s@example.com", "the-first-hour", "outage-checklist", "linkedin", "no", "talking", None, "send two dates for a visit", d(2026, 12, 1), "“Jim retires in December.”"),
        (d(2026, 11, 20), "t.d@example.org", "the-first-hour", "outage-checklist", "introduction", "yes", "customer", 2400, None, None, "“A colleague forwarded me the page.”"),
    ]
    keys = "BCDEFGHIJKL"
    for n in range(LEADS):
        row = 8 + n
        data = example[n] if n < len(example) else (None,) * 11
        for col, value in zip(keys, data):
            style = {}
            if col in "BK":
                style["number_format"], style["align"] = "d mmm yyyy", LEFT
            if col == "I":
                style["number_format"] = "#,##0"
            entry(ws, f"{col}{row}", value, **style)
        if n < len(example):
            ws.row_dimensions[row].height = 30
    choices(ws, f"D8:D{last}", "=Audience!$B$17:$B$22")
    choices(ws, f"F8:F{last}", "x,bluesky,mastodon,threads,linkedin,facebook,letter,search,introduction,unknown")
    choices(ws, f"G8:G{last}", "yes,no")
    choices(ws, f"H8:H{last}", "asked,replied,talking,customer,closed", "The furthest this person has come. Closed: they said no, or asked to be removed.")
    ws.conditional_formatting.add(f"K8:K{last}", FormulaRule(formula=['AND(K8<>"",K8<TODAY(),H8<>"customer",H8<>"closed")'], font=Font(color=AMBER, bold=True)))

    def rng(col):
        return f"${col}$8:${col}${last}"

    begin, end = "DATE(YEAR($D$4),MONTH($D$4),1)", "DATE(YEAR($D$4),MONTH($D$4)+1,1)"
    month = f'{rng("B")},">="&{begin},{rng("B")},"<"&{end}'

    def block(top, title, col, names):
        head(ws, top, 14, [title, "All", "Month", "Replied", "Talking", "Customer"], centre=True)
        for n, name in enumerate(names):
            row = top + 1 + n
            computed(ws, f"N{row}", name, align=MID)
            at = f'{rng(col)},$N{row}'
            sums = {
                "O": f'COUNTIFS({at})',
                "P": f'COUNTIFS({at},{month})',
                "Q": "+".join(f'COUNTIFS({at},{rng("H")},"{s}")' for s in ("replied", "talking", "customer")),
                "R": "+".join(f'COUNTIFS({at},{rng("H")},"{s}")' for s in ("talking", "customer")),
                "S": f'COUNTIFS({at},{rng("H")},"customer")',
            }
            for c, formula in sums.items():
                computed(ws, f"{c}{row}", f'=IF($N{row}="","",{formula})', align=Alignment(horizontal="center", vertical="center"))
        row = top + 1 + len(names)
        put(ws, f"N{row}", "Together", font=font(bold=True), align=MID, border=BOX)
        for c in "OPQRS":
            computed(ws, f"{c}{row}", f"=SUM({c}{top + 1}:{c}{row - 1})", font=font(bold=True, color=GREEN), fill=fill(TINT), align=Alignment(horizontal="center", vertical="center"))
        return row

    bottom = block(7, "By article", "D", [f'=IF(Audience!B{17 + n}="","",Audience!B{17 + n})' for n in range(6)])
    bottom = block(bottom + 2, "By network", "F", ["x", "bluesky", "mastodon", "threads", "linkedin", "facebook", "letter", "search", "introduction", "unknown"])
    top = bottom + 2
    head(ws, top, 14, ["By status", "All", "Month"], centre=True)
    for n, status in enumerate(["asked", "replied", "talking", "customer", "closed"]):
        row = top + 1 + n
        computed(ws, f"N{row}", status, align=MID)
        computed(ws, f"O{row}", f'=COUNTIFS({rng("H")},$N{row})', align=Alignment(horizontal="center", vertical="center"))
        computed(ws, f"P{row}", f'=COUNTIFS({rng("H")},$N{row},{month})', align=Alignment(horizontal="center", vertical="center"))
    row = top + 7
    ws.merge_cells(f"N{row}:S{row + 4}")
    put(ws, f"N{row}", "Replied counts everybody who came at least that far, so talking and customer are included. "
                       "Write counts down as counts: with few people a percentage says more than you know.", font=font(color=SOFT, size=9.5))
    ws.freeze_panes = "D8"
    ws.auto_filter.ref = f"B7:L{last}"
    ws.print_title_rows = "7:7"
    ws.print_area = f"A1:S{7 + 34}"


def main(out):
    wb = Workbook()
    wb.remove(wb.active)
    for make in (goal, audience, offer, calendar, leads):
        make(wb)
    wb.active = 0
    wb.calculation.fullCalcOnLoad = True
    wb.properties.title = "Campaign planner"
    wb.properties.creator = "Mara Lindqvist, Tom Okafor"
    wb.properties.created = wb.properties.modified = STAMP
    wb.save(out)

    # openpyxl stamps the clock on the parts: write them again with a fixed time
    path = Path(out)
    with zipfile.ZipFile(path) as old:
        parts = [(i.filename, old.read(i.filename)) for i in old.infolist()]
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for name, data in parts:
            if name == "docProps/core.xml":
                data = re.sub(rb"(<dcterms:modified[^>]*>)[^<]*", rb"\g<1>" + STAMP.strftime("%Y-%m-%dT%H:%M:%SZ").encode(), data)
            info = zipfile.ZipInfo(name, STAMP.timetuple()[:6])
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o644 << 16
            new.writestr(info, data)


if __name__ == "__main__":
    main(sys.argv[1])
