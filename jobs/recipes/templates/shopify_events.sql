WITH {{ parts }},
{% if by_name %}
called AS (  -- products without a SKU are known by what the order line calls them
  SELECT title AS line_name, min(handle) AS product_id
  FROM (SELECT handle, max(title) OVER (PARTITION BY handle) AS title, sku, price, option1 FROM product_rows)
  WHERE sku IS NULL AND coalesce(price, option1) IS NOT NULL
  GROUP BY title HAVING count(DISTINCT handle) = 1
),
{% endif %}
orders AS (  -- what is said of an order stands in the first of its rows only
  SELECT order_name, max(email) AS email, lower(max(status)) AS status, max(cancelled_at) AS cancelled_at,
         coalesce(max(created_at), max(paid_at)) AS occurred_at
  FROM order_rows
  GROUP BY order_name
)
SELECT DISTINCT {{ 'coalesce(p.customer_id, md5(o.email))' if has_people else 'md5(o.email)' }} AS customer_id,  -- whoever is no customer here gets a code in place of the address
       {{ 'coalesce(l.sku, c.product_id)' if by_name else 'l.sku' }} AS product_id,
       k.kind, o.occurred_at
FROM order_rows l
JOIN orders o ON o.order_name = l.order_name
{% if has_people %}
LEFT JOIN people p ON p.email = o.email
{% endif %}
{% if by_name %}
LEFT JOIN called c ON l.line_name = c.line_name OR starts_with(l.line_name, c.line_name || ' - ')
{% endif %}
CROSS JOIN (VALUES ('purchase'), ('refund')) AS k(kind)
WHERE o.email IS NOT NULL
  AND {{ 'coalesce(l.sku, c.product_id)' if by_name else 'l.sku' }} IS NOT NULL
  AND o.cancelled_at IS NULL
  AND coalesce(o.status, '') NOT IN ('voided', 'expired')
  AND (k.kind = 'purchase' OR o.status = 'refunded')  -- a refund takes a purchase back; of partly refunded orders nobody knows which line
ORDER BY ALL
