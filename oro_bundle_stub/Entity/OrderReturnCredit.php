<?php

namespace Zigzag\Bundle\OrderReturnBundle\Entity;

use Doctrine\Common\Collections\ArrayCollection;
use Doctrine\Common\Collections\Collection;
use Doctrine\DBAL\Types\Types;
use Doctrine\ORM\Mapping as ORM;
use Oro\Bundle\EntityBundle\EntityProperty\CreatedAtAwareInterface;
use Oro\Bundle\EntityBundle\EntityProperty\CreatedAtAwareTrait;
use Oro\Bundle\EntityConfigBundle\Metadata\Attribute\Config;
use Oro\Bundle\EntityConfigBundle\Metadata\Attribute\ConfigField;
use Oro\Bundle\OrderBundle\Entity\Order;
use Oro\Bundle\OrganizationBundle\Entity\OrganizationAwareInterface;
use Oro\Bundle\OrganizationBundle\Entity\Ownership\OrganizationAwareTrait;

/**
 * Represents a credit memo. Once stored it never changes, except that a person may issue a draft.
 */
#[ORM\Entity]
#[ORM\Table(name: 'zigzag_order_return_credit')]
#[ORM\UniqueConstraint(name: 'zigzag_return_credit_key_uidx', columns: ['posting_key'])]
#[ORM\Index(columns: ['created_at'], name: 'zigzag_return_credit_created_idx')]
#[ORM\Index(columns: ['status'], name: 'zigzag_return_credit_status_idx')]
#[Config(
    routeName: 'zigzag_order_return_credit_index',
    defaultValues: [
        'entity' => ['icon' => 'fa-money'],
        'ownership' => [
            'owner_type' => 'ORGANIZATION',
            'owner_field_name' => 'organization',
            'owner_column_name' => 'organization_id',
        ],
        // EDIT is needed for one thing only: to issue a draft
        'security' => [
            'type' => 'ACL',
            'group_name' => '',
            'category' => 'orders',
            'permissions' => 'VIEW;CREATE;EDIT',
        ],
        'dataaudit' => ['auditable' => true],
        'grid' => ['default' => 'zigzag-order-return-credits-grid'],
    ]
)]
class OrderReturnCredit implements CreatedAtAwareInterface, OrganizationAwareInterface
{
    use CreatedAtAwareTrait;
    use OrganizationAwareTrait;

    public const STATUS_ISSUED = 'issued';
    public const STATUS_DRAFT = 'draft';
    public const STATUSES = [self::STATUS_ISSUED, self::STATUS_DRAFT];

    #[ORM\Id]
    #[ORM\Column(name: 'id', type: Types::INTEGER)]
    #[ORM\GeneratedValue(strategy: 'AUTO')]
    private ?int $id = null;

    /**
     * `{retailerCode}:{returnId}:{n}`. Its unique index is what makes a posting happen at most once.
     */
    #[ORM\Column(name: 'posting_key', type: Types::STRING, length: 255)]
    private ?string $postingKey = null;

    #[ORM\ManyToOne(targetEntity: OrderReturn::class, inversedBy: 'credits')]
    #[ORM\JoinColumn(name: 'order_return_id', referencedColumnName: 'id', nullable: false, onDelete: 'RESTRICT')]
    private ?OrderReturn $orderReturn = null;

    #[ORM\ManyToOne(targetEntity: Order::class)]
    #[ORM\JoinColumn(name: 'order_id', referencedColumnName: 'id', nullable: true, onDelete: 'SET NULL')]
    private ?Order $order = null;

    #[ORM\Column(name: 'currency', type: Types::STRING, length: 3)]
    private ?string $currency = null;

    #[ORM\Column(name: 'net_value', type: 'money', precision: 19, scale: 4)]
    private ?string $netValue = null;

    #[ORM\Column(name: 'tax_value', type: 'money', precision: 19, scale: 4)]
    private ?string $taxValue = null;

    #[ORM\Column(name: 'total_value', type: 'money', precision: 19, scale: 4)]
    private ?string $totalValue = null;

    #[ORM\Column(name: 'status', type: Types::STRING, length: 16)]
    #[ConfigField(defaultValues: ['dataaudit' => ['auditable' => true]])]
    private ?string $status = self::STATUS_ISSUED;

    /**
     * Covers every line and amount; lets the sidecar tell a repeat from another posting with the same key.
     */
    #[ORM\Column(name: 'digest', type: Types::STRING, length: 255, nullable: true)]
    private ?string $digest = null;

    /**
     * @var Collection<int, OrderReturnCreditLine>
     */
    #[ORM\OneToMany(mappedBy: 'credit', targetEntity: OrderReturnCreditLine::class, cascade: ['persist'])]
    #[ORM\OrderBy(['id' => 'ASC'])]
    private Collection $lines;

    /**
     * @var Collection<int, OrderReturnStockMovement>
     */
    #[ORM\OneToMany(mappedBy: 'credit', targetEntity: OrderReturnStockMovement::class, cascade: ['persist'])]
    #[ORM\OrderBy(['id' => 'ASC'])]
    private Collection $stockMovements;

    public function __construct()
    {
        $this->lines = new ArrayCollection();
        $this->stockMovements = new ArrayCollection();
    }

    /**
     * @return string[]
     */
    public static function getStatuses(): array
    {
        return self::STATUSES;
    }

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

    public function getOrderReturn(): ?OrderReturn
    {
        return $this->orderReturn;
    }

    public function setOrderReturn(?OrderReturn $orderReturn): self
    {
        $this->orderReturn = $orderReturn;

        return $this;
    }

    public function getOrder(): ?Order
    {
        return $this->order;
    }

    public function setOrder(?Order $order): self
    {
        $this->order = $order;

        return $this;
    }

    public function getCurrency(): ?string
    {
        return $this->currency;
    }

    public function setCurrency(?string $currency): self
    {
        $this->currency = $currency;

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

    public function getTotalValue(): ?string
    {
        return $this->totalValue;
    }

    public function setTotalValue(?string $totalValue): self
    {
        $this->totalValue = $totalValue;

        return $this;
    }

    public function getStatus(): ?string
    {
        return $this->status;
    }

    public function setStatus(?string $status): self
    {
        $this->status = $status;

        return $this;
    }

    public function isDraft(): bool
    {
        return self::STATUS_DRAFT === $this->status;
    }

    public function getDigest(): ?string
    {
        return $this->digest;
    }

    public function setDigest(?string $digest): self
    {
        $this->digest = $digest;

        return $this;
    }

    /**
     * @return Collection<int, OrderReturnCreditLine>
     */
    public function getLines(): Collection
    {
        return $this->lines;
    }

    public function addLine(OrderReturnCreditLine $line): self
    {
        if (!$this->lines->contains($line)) {
            $this->lines->add($line);
        }
        $line->setCredit($this);

        return $this;
    }

    public function removeLine(OrderReturnCreditLine $line): self
    {
        $this->lines->removeElement($line);

        return $this;
    }

    /**
     * @return Collection<int, OrderReturnStockMovement>
     */
    public function getStockMovements(): Collection
    {
        return $this->stockMovements;
    }

    public function addStockMovement(OrderReturnStockMovement $stockMovement): self
    {
        if (!$this->stockMovements->contains($stockMovement)) {
            $this->stockMovements->add($stockMovement);
        }
        $stockMovement->setCredit($this);

        return $this;
    }

    public function removeStockMovement(OrderReturnStockMovement $stockMovement): self
    {
        $this->stockMovements->removeElement($stockMovement);

        return $this;
    }
}
