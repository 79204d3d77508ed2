// Generated from lstm_widget/network/normalize.py; do not edit. `make protocol` writes it.

/** Straight, closing, opening. */
export const QUOTES = [["'", "\u2019\u02bc\u2032\u00b4\u203a", "\u2018\u201b\u201a`\u02bb\u2039"], ["\"", "\u201d\u2033\u00bb", "\u201c\u201e\u201f\u00ab"]] as const;

/** A straight quote behind one of these, or nothing, opens. */
export const BEFORE_OPENING = " \n\r\t\u00a0([{-\u2013\u2014" as const;

/** Each ends a line. */
export const LINE_ENDS = "\n\r\u000b\f\u0085\u2028\u2029" as const;

/** What looks alike, and what is read for it: the first that is known. */
export const GROUPS = [["-\u2010\u2011\u2012\u2013\u2014\u2015\u2212", "-\u2013\u2014\u2010\u2011\u2212\u2015\u2012"], [" \t\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000", " \u00a0"], ["/\u2044\u2215", "/\u2044\u2215"]] as const;
