WITH {{ parts }}
SELECT coalesce(sku, handle) AS product_id, CAST(sum(greatest(0, coalesce(try_cast(stock AS DOUBLE), 0))) AS BIGINT) AS on_hand
FROM product_rows
WHERE handle IS NOT NULL AND coalesce(sku, price, option1) IS NOT NULL
GROUP BY coalesce(sku, handle)
ORDER BY product_id
