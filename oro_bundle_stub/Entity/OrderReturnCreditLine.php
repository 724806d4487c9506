<?php

namespace Zigzag\Bundle\OrderReturnBundle\Entity;

use Doctrine\DBAL\Types\Types;
use Doctrine\ORM\Mapping as ORM;
use Oro\Bundle\EntityConfigBundle\Metadata\Attribute\Config;
use Oro\Bundle\ProductBundle\Entity\Product;

/**
 * Represents one line of a credit memo. A fee is a line with negative values.
 */
#[ORM\Entity]
#[ORM\Table(name: 'zigzag_order_return_credit_line')]
#[Config(
    defaultValues: [
        'entity' => ['icon' => 'fa-money'],
        'security' => [
            'type' => 'ACL',
            'group_name' => '',
            'category' => 'orders',
            'permissions' => 'VIEW;CREATE',
        ],
    ]
)]
class OrderReturnCreditLine
{
    #[ORM\Id]
    #[ORM\Column(name: 'id', type: Types::INTEGER)]
    #[ORM\GeneratedValue(strategy: 'AUTO')]
    private ?int $id = null;

    #[ORM\ManyToOne(targetEntity: OrderReturnCredit::class, inversedBy: 'lines')]
    #[ORM\JoinColumn(name: 'credit_id', referencedColumnName: 'id', nullable: false, onDelete: 'RESTRICT')]
    private ?OrderReturnCredit $credit = null;

    #[ORM\ManyToOne(targetEntity: OrderReturnLineItem::class)]
    #[ORM\JoinColumn(
        name: 'order_return_line_item_id',
        referencedColumnName: 'id',
        nullable: true,
        onDelete: 'SET NULL'
    )]
    private ?OrderReturnLineItem $orderReturnLineItem = null;

    #[ORM\ManyToOne(targetEntity: Product::class)]
    #[ORM\JoinColumn(name: 'product_id', referencedColumnName: 'id', nullable: true, onDelete: 'SET NULL')]
    private ?Product $product = null;

    #[ORM\Column(name: 'product_sku', type: Types::STRING, length: 255, nullable: true)]
    private ?string $productSku = null;

    #[ORM\Column(name: 'description', type: Types::STRING, length: 255, nullable: true)]
    private ?string $description = null;

    #[ORM\Column(name: 'quantity', type: Types::DECIMAL, precision: 20, scale: 10)]
    private ?string $quantity = null;

    #[ORM\Column(name: 'product_unit_code', type: Types::STRING, length: 255, nullable: true)]
    private ?string $productUnitCode = null;

    #[ORM\Column(name: 'net_value', type: 'money', precision: 19, scale: 4)]
    private ?string $netValue = null;

    #[ORM\Column(name: 'tax_value', type: 'money', precision: 19, scale: 4)]
    private ?string $taxValue = null;

    #[ORM\Column(name: 'value', type: 'money', precision: 19, scale: 4)]
    private ?string $value = null;

    #[\Override]
    public function __toString(): string
    {
        return (string)$this->productSku;
    }

    public function getId(): ?int
    {
        return $this->id;
    }

    public function getCredit(): ?OrderReturnCredit
    {
        return $this->credit;
    }

    public function setCredit(?OrderReturnCredit $credit): self
    {
        $this->credit = $credit;

        return $this;
    }

    public function getOrderReturnLineItem(): ?OrderReturnLineItem
    {
        return $this->orderReturnLineItem;
    }

    public function setOrderReturnLineItem(?OrderReturnLineItem $orderReturnLineItem): self
    {
        $this->orderReturnLineItem = $orderReturnLineItem;

        return $this;
    }

    public function getProduct(): ?Product
    {
        return $this->product;
    }

    public function setProduct(?Product $product): self
    {
        $this->product = $product;

        return $this;
    }

    public function getProductSku(): ?string
    {
        return $this->productSku;
    }

    public function setProductSku(?string $productSku): self
    {
        $this->productSku = $productSku;

        return $this;
    }

    public function getDescription(): ?string
    {
        return $this->description;
    }

    public function setDescription(?string $description): self
    {
        $this->description = $description;

        return $this;
    }

    public function getQuantity(): ?string
    {
        return $this->quantity;
    }

    public function setQuantity(?string $quantity): self
    {
        $this->quantity = $quantity;

        return $this;
    }

    public function getProductUnitCode(): ?string
    {
        return $this->productUnitCode;
    }

    public function setProductUnitCode(?string $productUnitCode): self
    {
        $this->productUnitCode = $productUnitCode;

        return $this;
    }

    public function getNetValue(): ?string
    {
        return $this->netValue;
    }

    public function setNetValue(?string $netValue): self
    {
        $this->netValue = $netValue;

        return $this;
    }

    public function getTaxValue(): ?string
    {
        return $this->taxValue;
    }

    public function setTaxValue(?string $taxValue): self
    {
        $this->taxValue = $taxValue;

        return $this;
    }

    public function getValue(): ?string
    {
        return $this->value;
    }

    public function setValue(?string $value): self
    {
        $this->value = $value;

        return $this;
    }
}
