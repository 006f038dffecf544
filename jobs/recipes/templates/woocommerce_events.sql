WITH {{ parts }},
orders AS (  -- some exports say what belongs to the order in the first of its rows only
  SELECT order_id, max(email) AS email, max(nullif(customer_id, '0')) AS customer_id,
         max(regexp_replace(lower(status), '^wc-', '')) AS status, max(created_at) AS occurred_at
  FROM order_rows
  GROUP BY order_id
),
lines AS (
  SELECT order_id, quantity, refunded, kept,
         coalesce(sku, nullif(regexp_extract(item, '(?:^|[|])\s*sku:([^|]*)', 1), '')) AS sku,
         coalesce(product_ref, nullif(regexp_extract(item, '(?:^|[|])\s*product_id:([^|]*)', 1), '')) AS product_ref,
         nullif(regexp_extract(item, '(?:^|[|])\s*refunded_qty:-?([0-9]*)', 1), '') AS item_refunded,
         nullif(regexp_extract(item, '(?:^|[|])\s*quantity:([0-9]*)', 1), '') AS item_quantity
  FROM order_rows
)
SELECT DISTINCT coalesce({{ 'p.customer_id, ' if has_people else '' }}o.customer_id, md5(o.email)) AS customer_id,  -- a guest gets a code in place of the address
       {{ 'coalesce(l.sku, c.sku, l.product_ref)' if has_products else 'coalesce(l.sku, l.product_ref)' }} AS product_id,
       k.kind, o.occurred_at
FROM lines l
JOIN orders o ON o.order_id = l.order_id
{% if has_people %}
LEFT JOIN people p ON p.email = o.email
{% endif %}
{% if has_products %}
LEFT JOIN product_rows c ON c.id = l.product_ref
{% endif %}
CROSS JOIN (VALUES ('purchase'), ('refund')) AS k(kind)
WHERE coalesce(l.sku, l.product_ref) IS NOT NULL
  AND coalesce({{ 'p.customer_id, ' if has_people else '' }}o.customer_id, o.email) IS NOT NULL
  AND coalesce(o.status, '') NOT IN ({{ unpaid }})
  AND (k.kind = 'purchase' OR o.status IN ('refunded', 'rückerstattet', 'erstattet')
       OR try_cast(l.kept AS DOUBLE) <= 0
       OR abs(try_cast(coalesce(l.refunded, l.item_refunded) AS DOUBLE)) >= greatest(1, try_cast(coalesce(l.quantity, l.item_quantity) AS DOUBLE)))
ORDER BY ALL
