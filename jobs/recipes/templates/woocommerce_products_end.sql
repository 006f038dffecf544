SELECT product_id,  -- a product per SKU; without one, its WooCommerce id
       arg_min(name, id) AS name,
       arg_min(trim(split_part(split_part(all_categories, ',', 1), '>', -1)), id) AS category,  -- the first, at its finest
       arg_min(any_brand, id) AS brand,
       min(coalesce(parent_sku, parent_id, product_id)) AS family,  -- variations of one product: a box never holds two of them
       arg_min(coalesce(price, sale_price), id) AS retail_value,
       arg_min(cost, id) AS unit_cost,
       arg_min(round(gross), id) AS weight_g,
       arg_min(any_description, id) AS description,
       arg_min(any_tags, id) AS tags,
{% for name in extra %}
       arg_min(any_{{ name }}, id) AS {{ name }},
{% endfor %}
{% for line in proposed %}
       -- {{ line }}
{% endfor %}
       bool_and(is_published AND NOT is_no_parcel) AS boxable,
       bool_and(is_published AND is_visible) AS on_site
FROM items
GROUP BY product_id
ORDER BY product_id
