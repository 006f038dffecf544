WITH {{ parts }},
counted AS (
  SELECT coalesce(sku, handle) AS product_id,
         sum(greatest(0, coalesce(try_cast(on_hand AS DOUBLE), try_cast(available AS DOUBLE), 0))) AS on_hand,
         sum(CASE WHEN on_hand IS NULL THEN 0  -- what is available has nothing reserved any more
                  ELSE greatest(0, coalesce(try_cast(committed AS DOUBLE), 0) + coalesce(try_cast(unavailable AS DOUBLE), 0)) END) AS reserved
  FROM inventory_rows
{% if location %}
  WHERE location IN ({{ location }})  -- the stock that boxes are packed from{{ others }}
{% endif %}
  GROUP BY coalesce(sku, handle), source
)
SELECT product_id, CAST(min(on_hand) AS BIGINT) AS on_hand, CAST(max(reserved) AS BIGINT) AS reserved
FROM counted
{% if has_products %}
WHERE product_id IN (SELECT coalesce(sku, handle) FROM product_rows WHERE coalesce(sku, price, option1) IS NOT NULL)
{% endif %}
GROUP BY product_id  -- where two exports count the same stock, the smaller figure holds
ORDER BY product_id
