WITH {{ parts }}
SELECT DISTINCT coalesce({{ 'p.customer_id, ' if has_people else '' }}c.customer_id, md5(c.email)) AS customer_id,
       c.sku AS product_id,
       CASE WHEN lower(c.status) LIKE '%refunded%' AND lower(c.status) NOT LIKE '%partial%' THEN 'refund' ELSE 'purchase' END AS kind,
       c.processed_at AS occurred_at
FROM charge_rows c
{% if has_people %}
LEFT JOIN people p ON p.email = c.email
{% endif %}
WHERE c.sku IS NOT NULL AND c.processed_at IS NOT NULL
  AND coalesce({{ 'p.customer_id, ' if has_people else '' }}c.customer_id, c.email) IS NOT NULL
  AND coalesce(lower(c.status), 'success') NOT IN ('queued', 'error', 'skipped', 'pending', 'upcoming', 'max_retries_reached')
ORDER BY ALL
