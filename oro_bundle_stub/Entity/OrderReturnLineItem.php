<?php

namespace Zigzag\Bundle\OrderReturnBundle\Entity;

use Doctrine\DBAL\Types\Types;
use Doctrine\ORM\Mapping as ORM;
use Oro\Bundle\EntityConfigBundle\Metadata\Attribute\Config;
use Oro\Bundle\OrderBundle\Entity\OrderLineItem;
use Oro\Bundle\ProductBundle\Entity\Product;

/**
 * Represents one row of a return. All quantities are in the unit of the order line.
 */
#[ORM\Entity]
#[ORM\Table(name: 'zigzag_order_return_line_item')]
#[ORM\UniqueConstraint(name: 'zigzag_return_line_key_uidx', columns: ['line_key'])]
#[Config(
    defaultValues: [
        'entity' => ['icon' => 'fa-undo'],
        'security' => [
            'type' => 'ACL',
            'group_name' => '',
            'category' => 'orders',
            'permissions' => 'VIEW;CREATE;EDIT',
        ],
    ]
)]
class OrderReturnLineItem
{
    #[ORM\Id]
    #[ORM\Column(name: 'id', type: Types::INTEGER)]
    #[ORM\GeneratedValue(strategy: 'AUTO')]
    private ?int $id = null;

    /**
     * `{returnId}/{n}`, unique over all returns.
     */
    #[ORM\Column(name: 'line_key', type: Types::STRING, length: 255)]
    private ?string $lineKey = null;

    #[ORM\ManyToOne(targetEntity: OrderReturn::class, inversedBy: 'lineItems')]
    #[ORM\JoinColumn(name: 'order_return_id', referencedColumnName: 'id', nullable: false, onDelete: 'CASCADE')]
    private ?OrderReturn $orderReturn = null;

    #[ORM\ManyToOne(targetEntity: OrderLineItem::class)]
    #[ORM\JoinColumn(name: 'order_line_item_id', referencedColumnName: 'id', nullable: true, onDelete: 'SET NULL')]
    private ?OrderLineItem $orderLineItem = null;

    #[ORM\ManyToOne(targetEntity: Product::class)]
    #[ORM\JoinColumn(name: 'product_id', referencedColumnName: 'id', nullable: true, onDelete: 'SET NULL')]
    private ?Product $product = null;

    #[ORM\Column(name: 'product_sku', type: Types::STRING, length: 255, nullable: true)]
    private ?string $productSku = null;

    #[ORM\Column(name: 'product_unit_code', type: Types::STRING, length: 255, nullable: true)]
    private ?string $productUnitCode = null;

    #[ORM\Column(name: 'requested_quantity', type: Types::DECIMAL, precision: 20, scale: 10, options: ['default' => 0])]
    private ?string $requestedQuantity = '0';

    #[ORM\Column(name: 'received_quantity', type: Types::DECIMAL, precision: 20, scale: 10, options: ['default' => 0])]
    private ?string $receivedQuantity = '0';

    #[ORM\Column(name: 'accepted_quantity', type: Types::DECIMAL, precision: 20, scale: 10, options: ['default' => 0])]
    private ?string $acceptedQuantity = '0';

    #[ORM\Column(name: 'credited_quantity', type: Types::DECIMAL, precision: 20, scale: 10, options: ['default' => 0])]
    private ?string $creditedQuantity = '0';

    #[ORM\Column(name: 'restocked_quantity', type: Types::DECIMAL, precision: 20, scale: 10, options: ['default' => 0])]
    private ?string $restockedQuantity = '0';

    #[ORM\Column(name: 'grade', type: Types::STRING, length: 255, nullable: true)]
    private ?string $grade = null;

    #[ORM\Column(name: 'disposition', type: Types::STRING, length: 255, nullable: true)]
    private ?string $disposition = null;

    #[ORM\Column(name: 'reason_code', type: Types::STRING, length: 255, nullable: true)]
    private ?string $reasonCode = null;

    /**
     * The codes of the open flags, comma separated.
     */
    #[ORM\Column(name: 'review_reason', type: Types::STRING, length: 1000, nullable: true)]
    private ?string $reviewReason = null;

    #[\Override]
    public function __toString(): string
    {
        return (string)$this->lineKey;
    }

    public function getId(): ?int
    {
        return $this->id;
    }

    public function getLineKey(): ?string
    {
        return $this->lineKey;
    }

    public function setLineKey(?string $lineKey): self
    {
        $this->lineKey = $lineKey;

        return $this;
    }

    public function getOrderReturn(): ?OrderReturn
    {
        return $this->orderReturn;
    }

    public function setOrderReturn(?OrderReturn $orderReturn): self
    {
        $this->orderReturn = $orderReturn;

        return $this;
    }

    public function getOrderLineItem(): ?OrderLineItem
    {
        return $this->orderLineItem;
    }

    public function setOrderLineItem(?OrderLineItem $orderLineItem): self
    {
        $this->orderLineItem = $orderLineItem;

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

    public function getProductUnitCode(): ?string
    {
        return $this->productUnitCode;
    }

    public function setProductUnitCode(?string $productUnitCode): self
    {
        $this->productUnitCode = $productUnitCode;

        return $this;
    }

    public function getRequestedQuantity(): ?string
    {
        return $this->requestedQuantity;
    }

    public function setRequestedQuantity(?string $requestedQuantity): self
    {
        $this->requestedQuantity = $requestedQuantity;

        return $this;
    }

    public function getReceivedQuantity(): ?string
    {
        return $this->receivedQuantity;
    }

    public function setReceivedQuantity(?string $receivedQuantity): self
    {
        $this->receivedQuantity = $receivedQuantity;

        return $this;
    }

    public function getAcceptedQuantity(): ?string
    {
        return $this->acceptedQuantity;
    }

    public function setAcceptedQuantity(?string $acceptedQuantity): self
    {
        $this->acceptedQuantity = $acceptedQuantity;

        return $this;
    }

    public function getCreditedQuantity(): ?string
    {
        return $this->creditedQuantity;
    }

    public function setCreditedQuantity(?string $creditedQuantity): self
    {
        $this->creditedQuantity = $creditedQuantity;

        return $this;
    }

    public function getRestockedQuantity(): ?string
    {
        return $this->restockedQuantity;
    }

    public function setRestockedQuantity(?string $restockedQuantity): self
    {
        $this->restockedQuantity = $restockedQuantity;

        return $this;
    }

    public function getGrade(): ?string
    {
        return $this->grade;
    }

    public function setGrade(?string $grade): self
    {
        $this->grade = $grade;

        return $this;
    }

    public function getDisposition(): ?string
    {
        return $this->disposition;
    }

    public function setDisposition(?string $disposition): self
    {
        $this->disposition = $disposition;

        return $this;
    }

    public function getReasonCode(): ?string
    {
        return $this->reasonCode;
    }

    public function setReasonCode(?string $reasonCode): self
    {
        $this->reasonCode = $reasonCode;

        return $this;
    }

    public function getReviewReason(): ?string
    {
        return $this->reviewReason;
    }

    public function setReviewReason(?string $reviewReason): self
    {
        $this->reviewReason = $reviewReason;

        return $this;
    }
}
