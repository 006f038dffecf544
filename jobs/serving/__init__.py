"""Serving the website's tables over HTTP: `boxwise serve`, a read-only service, and a storefront made of them.

serve      the command: the address it listens on, its end by a signal
reader     website.sqlite of the current run, opened anew when `runs/current` turns
app        which address is answered by whom, and what every answer has in common
asked      what a request asks for, read strictly
answers    HTTP answers: JSON and pages, ETag and caching, refusals in one line
lists      the lists by key: what a shop's website asks for
described  every address in words, one table
openapi    the same as OpenAPI 3.1
pages      what all pages share: templates, style and the policy that nothing is loaded
shop       the storefront's pages, `/demo`
visit      who looks at it and what is in the basket
shelf      the storefront's cards: a list's products with their names
tiles      a drawing for each product, for there are no pictures
"""
