"""Files for people: a scorecard as PDF, PPTX, XLSX and CSV, and the mails that carry them."""
