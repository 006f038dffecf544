WITH {{ parts }},
variants AS (  -- rows without a SKU, a price and an option only add a picture; what is said of a product stands in its first row
  SELECT coalesce(sku, handle) AS product_id, handle, price, cost, grams,
         nullif(concat_ws(' / ', nullif(option1, 'Default Title'), option2, option3), '') AS option,
         max(title) OVER product AS title, max(description) OVER product AS description, max(vendor) OVER product AS vendor,
         coalesce(max(type) OVER product, trim(split_part(max(product_category) OVER product, '>', -1))) AS category,
         max(tags) OVER product AS tags,
         coalesce(max(lower(published)) OVER product, 'true') IN ('true', '1', 'yes') AS is_published,
         coalesce(max(lower(status)) OVER product, 'active') = 'active' AS is_active,
         coalesce(max(lower(gift_card)) OVER product, 'false') = 'true' AS is_gift_card,
         coalesce(lower(requires_shipping), 'true') = 'true' AS is_shipped{% for name in extra %},
         max({{ name }}) OVER product AS {{ name }}{% endfor %}

  FROM product_rows
  WHERE handle IS NOT NULL AND coalesce(sku, price, option1) IS NOT NULL
  WINDOW product AS (PARTITION BY handle)
)
SELECT product_id,  -- a product per SKU; where a variant has no SKU, its product's handle
       arg_min(title, handle) || CASE WHEN count(*) = 1 AND min(option) IS NOT NULL THEN ' - ' || min(option) ELSE '' END AS name,
       arg_min(category, handle) AS category,
       arg_min(vendor, handle) AS brand,
       min(handle) AS family,  -- sizes and shades of one product: a box never holds two of them
       arg_min(price, handle) AS retail_value,
       arg_min(cost, handle) AS unit_cost,
       arg_min(CASE WHEN try_cast(grams AS DOUBLE) > 0 THEN grams END, handle) AS weight_g,
       arg_min(description, handle) AS description,
       arg_min(tags, handle) AS tags,
{% for name in extra %}
       arg_min({{ name }}, handle) AS {{ name }},
{% endfor %}
{% for line in proposed %}
       -- {{ line }}
{% endfor %}
       bool_and(is_active AND is_shipped AND NOT is_gift_card)
{% if boxes %}
         {{ '-- ' if boxes_commented else '' }}AND NOT product_id IN (SELECT sku FROM subscription_rows WHERE sku IS NOT NULL)  -- the box itself goes into no box
{% endif %}
         AS boxable,
       bool_and(is_active AND is_published) AS on_site
FROM variants
GROUP BY product_id
ORDER BY product_id
