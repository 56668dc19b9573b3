"""The tables of the plain copy."""

from django.db import models


class Order(models.Model):
    number = models.CharField(max_length=32, unique=True)
    buyer_name = models.CharField(max_length=200)
    buyer_email = models.CharField(max_length=200)
    status = models.CharField(
        max_length=32, choices=[(s, s.title()) for s in ("SHIPPED", "CANCELLED", "UNSHIPPED", "PENDING")]
    )
    channel = models.CharField(max_length=16, choices=[(s, s.title()) for s in ("AMAZON", "MERCHANT")])
    marketplace = models.CharField(max_length=32)
    currency = models.CharField(max_length=3)
    total = models.BigIntegerField()
    purchased_at = models.DateTimeField()
    ship_by = models.DateTimeField()

    class Meta:
        managed = False
        db_table = "orders"

    def __str__(self) -> str:
        return str(self.number)


class Item(models.Model):
    order = models.ForeignKey(Order, models.CASCADE, related_name="items")
    sku = models.CharField(max_length=64)
    asin = models.CharField(max_length=16)
    title = models.CharField(max_length=200)
    quantity = models.IntegerField()
    unit_price = models.BigIntegerField()
    total = models.BigIntegerField()

    class Meta:
        managed = False
        db_table = "order_items"

    def __str__(self) -> str:
        return str(self.sku)
