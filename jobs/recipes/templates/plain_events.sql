WITH {{ parts }}
{{ selects }}
ORDER BY ALL
