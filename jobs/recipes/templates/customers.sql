WITH {{ parts }},
{% if has_customers %}
known AS (
  SELECT coalesce(p.customer_id, c.shop_customer_id, c.customer_id) AS customer_id{% for name in extra %}, c.{{ name }}{% endfor %}{{ ', c.tags' if has_tags else '' }}

  FROM customer_rows c
  LEFT JOIN people p ON p.email = c.email
),
{% endif %}
boxes AS (
{% if has_subscriptions %}
  SELECT DISTINCT coalesce(p.customer_id, s.shop_customer_id, s.customer_id) AS customer_id  -- with several subscriptions: one box
         -- , s.subscription_id AS box_id  -- a box for each subscription
  FROM subscription_rows s
  LEFT JOIN people p ON p.email = s.email
  WHERE {{ active }}
{% else %}
  SELECT DISTINCT customer_id FROM known  -- everyone of the customers export: no export of subscriptions was found
{% if member_tag %}
  -- WHERE tags LIKE '%{{ member_tag }}%'  -- only those with this tag
{% endif %}
{% endif %}
)
SELECT b.*
{%- for name in extra %},
       max(c.{{ name }}) AS {{ name }}
{%- endfor %}

{% for line in proposed %}
       -- {{ line }}
{% endfor %}
FROM boxes b
{% if has_customers %}
LEFT JOIN known c ON c.customer_id = b.customer_id
{% endif %}
WHERE b.customer_id IS NOT NULL
GROUP BY ALL
ORDER BY ALL
