SELECT product_id, CAST(min(greatest(0, coalesce(floor(units), 0))) AS BIGINT) AS on_hand  -- stock that is not managed is no stock for boxes
FROM items
GROUP BY product_id
ORDER BY product_id
