WITH {{ parts }},
parents AS (  -- variable products: what is said of all their variations, and how many of those share their stock
  SELECT p.*, count(v.id) FILTER (WHERE lower(v.stock) = 'parent') AS sharing
  FROM product_rows p
  LEFT JOIN product_rows v ON v.parent IN (p.sku, 'id:' || p.id)
  WHERE contains(lower(p.type), 'variable')
  GROUP BY ALL
),
items AS (
  SELECT r.*, coalesce(r.sku, r.id) AS product_id, p.id AS parent_id, p.sku AS parent_sku,
         CASE WHEN lower(r.stock) = 'parent' THEN floor(try_cast(p.stock AS DOUBLE) / p.sharing) ELSE try_cast(r.stock AS DOUBLE) END AS units,
         coalesce({{ grams }}, {{ parent_grams }}) AS gross,
         coalesce(r.categories, p.categories) AS all_categories, coalesce(r.brand, p.brand) AS any_brand,
         coalesce(nullif(r.description, ''), nullif(p.description, ''), nullif(r.summary, ''), nullif(p.summary, '')) AS any_description,
         coalesce(r.tags, p.tags) AS any_tags,{% for name in extra %} coalesce(r.{{ name }}, p.{{ name }}) AS any_{{ name }},{% endfor %}

         r.published = '1' AND coalesce(p.published, '1') = '1' AS is_published,
         coalesce(lower(coalesce(p.visibility, r.visibility)), 'visible') <> 'hidden' AS is_visible,
         regexp_matches(lower(r.type), 'virtual|downloadable|grouped|external|subscription') AS is_no_parcel
  FROM product_rows r
  LEFT JOIN parents p ON r.parent IN (p.sku, 'id:' || p.id) AND contains(lower(r.type), 'variation')
  WHERE NOT contains(lower(r.type), 'variable')  -- a variable product is sold as one of its variations only
)
