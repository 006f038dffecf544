"""Serving the website's tables over HTTP: `boxwise serve`, a read-only service, and a storefront made of them.

serve      the command: the address it listens on, its end by a signal
app        which address leads where, and what is said when something goes wrong
routes     every address in words, one table
requests   what is asked for, read strictly
responses  JSON and pages, ETag and caching, refusals in one line
lists      the lists by key: what a shop's website asks for
openapi    the table of routes as OpenAPI 3.1
pages      what all pages share: templates, style and the policy that nothing is loaded
storefront the small shop under `/demo`: its pages, what its addresses say, cards of products, a drawing for each

What is read is jobs.publishing.website_reader: website.sqlite of the current run, opened anew when it turns.
"""
