<?php

namespace Zigzag\Bundle\OrderReturnBundle\Entity;

use Doctrine\DBAL\Types\Types;
use Doctrine\ORM\Mapping as ORM;
use Oro\Bundle\EntityBundle\EntityProperty\CreatedAtAwareInterface;
use Oro\Bundle\EntityBundle\EntityProperty\CreatedAtAwareTrait;
use Oro\Bundle\EntityConfigBundle\Metadata\Attribute\Config;
use Oro\Bundle\InventoryBundle\Entity\InventoryLevel;
use Oro\Bundle\OrganizationBundle\Entity\OrganizationAwareInterface;
use Oro\Bundle\OrganizationBundle\Entity\Ownership\OrganizationAwareTrait;

/**
 * Represents a change of one inventory level that a return caused. Once stored it never changes.
 */
#[ORM\Entity]
#[ORM\Table(name: 'zigzag_order_return_stock_movement')]
#[ORM\UniqueConstraint(name: 'zigzag_return_movement_key_uidx', columns: ['posting_key'])]
#[Config(
    defaultValues: [
        'entity' => ['icon' => 'fa-cubes'],
        'ownership' => [
            'owner_type' => 'ORGANIZATION',
            'owner_field_name' => 'organization',
            'owner_column_name' => 'organization_id',
        ],
        'security' => [
            'type' => 'ACL',
            'group_name' => '',
            'category' => 'orders',
            'permissions' => 'VIEW;CREATE',
        ],
    ]
)]
class OrderReturnStockMovement implements CreatedAtAwareInterface, OrganizationAwareInterface
{
    use CreatedAtAwareTrait;
    use OrganizationAwareTrait;

    #[ORM\Id]
    #[ORM\Column(name: 'id', type: Types::INTEGER)]
    #[ORM\GeneratedValue(strategy: 'AUTO')]
    private ?int $id = null;

    /**
     * `{posting key}/{i}`, unique.
     */
    #[ORM\Column(name: 'posting_key', type: Types::STRING, length: 255)]
    private ?string $postingKey = null;

    /**
     * The difference, in the unit of the inventory level.
     */
    #[ORM\Column(name: 'quantity', type: Types::DECIMAL, precision: 20, scale: 10)]
    private ?string $quantity = null;

    #[ORM\ManyToOne(targetEntity: InventoryLevel::class)]
    #[ORM\JoinColumn(name: 'inventory_level_id', referencedColumnName: 'id', nullable: true, onDelete: 'SET NULL')]
    private ?InventoryLevel $inventoryLevel = null;

    #[ORM\ManyToOne(targetEntity: OrderReturn::class, inversedBy: 'stockMovements')]
    #[ORM\JoinColumn(name: 'order_return_id', referencedColumnName: 'id', nullable: false, onDelete: 'RESTRICT')]
    private ?OrderReturn $orderReturn = null;

    #[ORM\ManyToOne(targetEntity: OrderReturnCredit::class, inversedBy: 'stockMovements')]
    #[ORM\JoinColumn(name: 'credit_id', referencedColumnName: 'id', nullable: true, onDelete: 'RESTRICT')]
    private ?OrderReturnCredit $credit = null;

    /**
     * What was moved, kept for the day the product and its inventory levels are deleted.
     */
    #[ORM\Column(name: 'product_sku', type: Types::STRING, length: 255, nullable: true)]
    private ?string $productSku = null;

    #[ORM\Column(name: 'product_unit_code', type: Types::STRING, length: 255, nullable: true)]
    private ?string $productUnitCode = null;

    #[\Override]
    public function __toString(): string
    {
        return (string)$this->postingKey;
    }

    public function getId(): ?int
    {
        return $this->id;
    }

    public function getPostingKey(): ?string
    {
        return $this->postingKey;
    }

    public function setPostingKey(?string $postingKey): self
    {
        $this->postingKey = $postingKey;

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

    public function getInventoryLevel(): ?InventoryLevel
    {
        return $this->inventoryLevel;
    }

    public function setInventoryLevel(?InventoryLevel $inventoryLevel): self
    {
        $this->inventoryLevel = $inventoryLevel;

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

    public function getCredit(): ?OrderReturnCredit
    {
        return $this->credit;
    }

    public function setCredit(?OrderReturnCredit $credit): self
    {
        $this->credit = $credit;

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
}
