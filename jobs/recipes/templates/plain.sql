WITH {{ parts }}
SELECT {{ columns }}
FROM {{ rows }}
{% if where %}
WHERE {{ where }}
{% endif %}
{% for line in proposed %}
-- {{ line }}
{% endfor %}
ORDER BY ALL
