<?php

namespace Zigzag\Bundle\OrderReturnBundle\Entity;

use Doctrine\Common\Collections\ArrayCollection;
use Doctrine\Common\Collections\Collection;
use Doctrine\DBAL\Types\Types;
use Doctrine\ORM\Mapping as ORM;
use Oro\Bundle\EntityBundle\EntityProperty\DatesAwareInterface;
use Oro\Bundle\EntityBundle\EntityProperty\DatesAwareTrait;
use Oro\Bundle\EntityConfigBundle\Metadata\Attribute\Config;
use Oro\Bundle\OrderBundle\Entity\Order;
use Oro\Bundle\OrganizationBundle\Entity\OrganizationAwareInterface;
use Oro\Bundle\OrganizationBundle\Entity\Ownership\OrganizationAwareTrait;

/**
 * Represents one return as ZigZag handles it: a document that the returns sidecar keeps up to date.
 */
#[ORM\Entity]
#[ORM\Table(name: 'zigzag_order_return')]
#[ORM\UniqueConstraint(name: 'zigzag_return_external_id_uidx', columns: ['external_id'])]
#[ORM\Index(columns: ['order_identifier'], name: 'zigzag_return_order_ident_idx')]
#[ORM\Index(columns: ['status'], name: 'zigzag_return_status_idx')]
#[ORM\Index(columns: ['sync_state'], name: 'zigzag_return_sync_state_idx')]
#[ORM\Index(columns: ['updated_at'], name: 'zigzag_return_updated_at_idx')]
#[Config(
    routeName: 'zigzag_order_return_index',
    routeView: 'zigzag_order_return_view',
    defaultValues: [
        'entity' => ['icon' => 'fa-undo'],
        'ownership' => [
            'owner_type' => 'ORGANIZATION',
            'owner_field_name' => 'organization',
            'owner_column_name' => 'organization_id',
        ],
        // a return is never deleted, so nobody can be granted that
        'security' => [
            'type' => 'ACL',
            'group_name' => '',
            'category' => 'orders',
            'permissions' => 'VIEW;CREATE;EDIT',
        ],
        'grid' => ['default' => 'zigzag-order-returns-grid'],
    ]
)]
class OrderReturn implements DatesAwareInterface, OrganizationAwareInterface
{
    use DatesAwareTrait;
    use OrganizationAwareTrait;

    public const STATUSES = [
        'requested',
        'approved',
        'label_created',
        'in_transit',
        'at_hub',
        'received',
        'graded',
        'restocked',
        'closed',
        'cancelled',
        'rejected',
    ];

    public const SYNC_STATES = ['pending', 'in_sync', 'review', 'failed'];

    #[ORM\Id]
    #[ORM\Column(name: 'id', type: Types::INTEGER)]
    #[ORM\GeneratedValue(strategy: 'AUTO')]
    private ?int $id = null;

    #[ORM\Column(name: 'external_id', type: Types::STRING, length: 255)]
    private ?string $externalId = null;

    #[ORM\ManyToOne(targetEntity: Order::class)]
    #[ORM\JoinColumn(name: 'order_id', referencedColumnName: 'id', nullable: true, onDelete: 'SET NULL')]
    private ?Order $order = null;

    /**
     * What the order was called when the document was written; it outlives the order.
     */
    #[ORM\Column(name: 'order_identifier', type: Types::STRING, length: 255, nullable: true)]
    private ?string $orderIdentifier = null;

    #[ORM\Column(name: 'status', type: Types::STRING, length: 32)]
    private ?string $status = 'requested';

    #[ORM\Column(name: 'warehouse_code', type: Types::STRING, length: 255, nullable: true)]
    private ?string $warehouseCode = null;

    #[ORM\Column(name: 'tracking_number', type: Types::STRING, length: 255, nullable: true)]
    private ?string $trackingNumber = null;

    #[ORM\Column(name: 'carrier', type: Types::STRING, length: 255, nullable: true)]
    private ?string $carrier = null;

    #[ORM\Column(name: 'reason_summary', type: Types::STRING, length: 1000, nullable: true)]
    private ?string $reasonSummary = null;

    #[ORM\Column(name: 'sync_state', type: Types::STRING, length: 32)]
    private ?string $syncState = 'pending';

    /**
     * The codes of the open flags, comma separated.
     */
    #[ORM\Column(name: 'review_reason', type: Types::STRING, length: 1000, nullable: true)]
    private ?string $reviewReason = null;

    #[ORM\Column(name: 'synced_at', type: Types::DATETIME_MUTABLE, nullable: true)]
    private ?\DateTimeInterface $syncedAt = null;

    #[ORM\Column(name: 'source_updated_at', type: Types::DATETIME_MUTABLE, nullable: true)]
    private ?\DateTimeInterface $sourceUpdatedAt = null;

    /**
     * Counts the written documents; see CompareAndSetRevision.
     */
    #[ORM\Column(name: 'revision', type: Types::INTEGER, options: ['default' => 0])]
    private int $revision = 0;

    /**
     * @var Collection<int, OrderReturnLineItem>
     */
    #[ORM\OneToMany(
        mappedBy: 'orderReturn',
        targetEntity: OrderReturnLineItem::class,
        cascade: ['persist'],
        orphanRemoval: true
    )]
    #[ORM\OrderBy(['id' => 'ASC'])]
    private Collection $lineItems;

    /**
     * @var Collection<int, OrderReturnCredit>
     */
    #[ORM\OneToMany(mappedBy: 'orderReturn', targetEntity: OrderReturnCredit::class)]
    #[ORM\OrderBy(['id' => 'ASC'])]
    private Collection $credits;

    /**
     * @var Collection<int, OrderReturnStockMovement>
     */
    #[ORM\OneToMany(mappedBy: 'orderReturn', targetEntity: OrderReturnStockMovement::class)]
    #[ORM\OrderBy(['id' => 'ASC'])]
    private Collection $stockMovements;

    public function __construct()
    {
        $this->lineItems = new ArrayCollection();
        $this->credits = new ArrayCollection();
        $this->stockMovements = new ArrayCollection();
    }

    /**
     * @return string[]
     */
    public static function getStatuses(): array
    {
        return self::STATUSES;
    }

    /**
     * @return string[]
     */
    public static function getSyncStates(): array
    {
        return self::SYNC_STATES;
    }

    #[\Override]
    public function __toString(): string
    {
        return (string)$this->externalId;
    }

    public function getId(): ?int
    {
        return $this->id;
    }

    public function getExternalId(): ?string
    {
        return $this->externalId;
    }

    public function setExternalId(?string $externalId): self
    {
        $this->externalId = $externalId;

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

    public function getOrderIdentifier(): ?string
    {
        return $this->orderIdentifier;
    }

    public function setOrderIdentifier(?string $orderIdentifier): self
    {
        $this->orderIdentifier = $orderIdentifier;

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

    public function getWarehouseCode(): ?string
    {
        return $this->warehouseCode;
    }

    public function setWarehouseCode(?string $warehouseCode): self
    {
        $this->warehouseCode = $warehouseCode;

        return $this;
    }

    public function getTrackingNumber(): ?string
    {
        return $this->trackingNumber;
    }

    public function setTrackingNumber(?string $trackingNumber): self
    {
        $this->trackingNumber = $trackingNumber;

        return $this;
    }

    public function getCarrier(): ?string
    {
        return $this->carrier;
    }

    public function setCarrier(?string $carrier): self
    {
        $this->carrier = $carrier;

        return $this;
    }

    public function getReasonSummary(): ?string
    {
        return $this->reasonSummary;
    }

    public function setReasonSummary(?string $reasonSummary): self
    {
        $this->reasonSummary = $reasonSummary;

        return $this;
    }

    public function getSyncState(): ?string
    {
        return $this->syncState;
    }

    public function setSyncState(?string $syncState): self
    {
        $this->syncState = $syncState;

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

    public function getSyncedAt(): ?\DateTimeInterface
    {
        return $this->syncedAt;
    }

    public function setSyncedAt(?\DateTimeInterface $syncedAt): self
    {
        $this->syncedAt = $syncedAt;

        return $this;
    }

    public function getSourceUpdatedAt(): ?\DateTimeInterface
    {
        return $this->sourceUpdatedAt;
    }

    public function setSourceUpdatedAt(?\DateTimeInterface $sourceUpdatedAt): self
    {
        $this->sourceUpdatedAt = $sourceUpdatedAt;

        return $this;
    }

    public function getRevision(): int
    {
        return $this->revision;
    }

    public function setRevision(int $revision): self
    {
        $this->revision = $revision;

        return $this;
    }

    /**
     * @return Collection<int, OrderReturnLineItem>
     */
    public function getLineItems(): Collection
    {
        return $this->lineItems;
    }

    public function addLineItem(OrderReturnLineItem $lineItem): self
    {
        if (!$this->lineItems->contains($lineItem)) {
            $this->lineItems->add($lineItem);
        }
        $lineItem->setOrderReturn($this);

        return $this;
    }

    public function removeLineItem(OrderReturnLineItem $lineItem): self
    {
        $this->lineItems->removeElement($lineItem);

        return $this;
    }

    /**
     * @return Collection<int, OrderReturnCredit>
     */
    public function getCredits(): Collection
    {
        return $this->credits;
    }

    /**
     * @return Collection<int, OrderReturnStockMovement>
     */
    public function getStockMovements(): Collection
    {
        return $this->stockMovements;
    }
}
