people AS (  -- the id of each e-mail address
  SELECT email, {{ 'coalesce(min(shop_customer_id), min(customer_id), email)' if named_by_mail else 'coalesce(min(shop_customer_id), min(customer_id))' }} AS customer_id
  FROM (
{% if customer_rows %}
    SELECT email, shop_customer_id, customer_id FROM customer_rows
{% endif %}
{% if customer_rows and subscription_rows %}
    UNION ALL
{% endif %}
{% if subscription_rows %}
    SELECT email, shop_customer_id, customer_id FROM subscription_rows
{% endif %}
  )
  WHERE email IS NOT NULL
  GROUP BY email
)
