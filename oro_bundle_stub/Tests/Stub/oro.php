<?php

/**
 * The smallest stand-ins of what the bundle uses of Oro. They are loaded where there is no Oro,
 * so that the logic of the bundle can be tested anywhere. They prove nothing about Oro itself.
 */

namespace Oro\Component\ChainProcessor {
    interface ContextInterface
    {
    }

    interface ProcessorInterface
    {
        public function process(ContextInterface $context): void;
    }
}

namespace Oro\Bundle\ApiBundle\Request {
    class RequestType
    {
        public const BATCH = 'batch';

        public function __construct(private array $aspects = [])
        {
        }

        public function contains(string $aspect): bool
        {
            return \in_array($aspect, $this->aspects, true);
        }
    }
}

namespace Oro\Bundle\ApiBundle\Processor\CustomizeFormData {
    use Oro\Bundle\ApiBundle\Request\RequestType;
    use Oro\Component\ChainProcessor\ContextInterface;
    use Symfony\Component\Form\FormInterface;

    abstract class CustomizeFormDataContext implements ContextInterface
    {
        abstract public function getData(): mixed;

        abstract public function getForm(): FormInterface;

        abstract public function findForm(object $entity): ?FormInterface;

        abstract public function getAllEntities(bool $mainOnly = false): array;

        abstract public function getRequestType(): RequestType;
    }
}

namespace Oro\Bundle\ApiBundle\Form {
    use Symfony\Component\Form\FormError;
    use Symfony\Component\Form\FormInterface;
    use Symfony\Component\Validator\Constraint;
    use Symfony\Component\Validator\ConstraintViolation;

    class NamedValidationConstraint extends Constraint
    {
        public function __construct(private string $constraintType, private ?int $statusCode = null)
        {
            parent::__construct([]);
        }

        public function getConstraintType(): string
        {
            return $this->constraintType;
        }

        public function getStatusCode(): int
        {
            return $this->statusCode ?? 400;
        }
    }

    class FormUtil
    {
        public static function addNamedFormError(
            FormInterface $form,
            string $errorType,
            string $errorMessage,
            ?string $propertyPath = null,
            ?int $statusCode = null
        ): void {
            $path = null !== $propertyPath ? sprintf('children[%s]', $propertyPath) : '';
            $constraint = new NamedValidationConstraint($errorType, $statusCode);
            $violation = new ConstraintViolation($errorMessage, null, [], '', $path, '', null, null, $constraint);
            $form->addError(new FormError($errorMessage, null, [], null, $violation));
        }
    }
}

namespace Oro\Bundle\EntityBundle\EntityProperty {
    use Doctrine\ORM\Mapping as ORM;

    interface CreatedAtAwareInterface
    {
    }

    interface DatesAwareInterface extends CreatedAtAwareInterface
    {
    }

    trait CreatedAtAwareTrait
    {
        #[ORM\Column(name: 'created_at', type: 'datetime')]
        protected ?\DateTimeInterface $createdAt = null;

        public function getCreatedAt()
        {
            return $this->createdAt;
        }

        public function setCreatedAt(?\DateTime $createdAt = null)
        {
            $this->createdAt = $createdAt;

            return $this;
        }
    }

    trait DatesAwareTrait
    {
        use CreatedAtAwareTrait;

        #[ORM\Column(name: 'updated_at', type: 'datetime')]
        protected ?\DateTimeInterface $updatedAt = null;

        public function getUpdatedAt()
        {
            return $this->updatedAt;
        }

        public function setUpdatedAt(?\DateTime $updatedAt = null)
        {
            $this->updatedAt = $updatedAt;

            return $this;
        }
    }
}

namespace Oro\Bundle\OrganizationBundle\Entity {
    use Doctrine\ORM\Mapping as ORM;

    interface OrganizationAwareInterface
    {
    }

    #[ORM\Entity]
    #[ORM\Table(name: 'oro_organization')]
    class Organization
    {
        #[ORM\Id]
        #[ORM\Column(type: 'integer')]
        #[ORM\GeneratedValue]
        protected ?int $id = null;
    }
}

namespace Oro\Bundle\OrganizationBundle\Entity\Ownership {
    use Doctrine\ORM\Mapping as ORM;
    use Oro\Bundle\OrganizationBundle\Entity\Organization;

    trait OrganizationAwareTrait
    {
        #[ORM\ManyToOne(targetEntity: Organization::class)]
        #[ORM\JoinColumn(name: 'organization_id', referencedColumnName: 'id', onDelete: 'SET NULL')]
        protected ?Organization $organization = null;
    }
}

namespace Oro\Bundle\OrderBundle\Entity {
    use Doctrine\ORM\Mapping as ORM;

    #[ORM\Entity]
    #[ORM\Table(name: 'oro_order')]
    class Order
    {
        #[ORM\Id]
        #[ORM\Column(type: 'integer')]
        #[ORM\GeneratedValue]
        protected ?int $id = null;

        #[ORM\Column(type: 'string', nullable: true)]
        protected ?string $identifier = null;

        public function getId()
        {
            return $this->id;
        }

        public function getIdentifier()
        {
            return $this->identifier;
        }

        public function setIdentifier($identifier)
        {
            $this->identifier = $identifier;

            return $this;
        }
    }

    #[ORM\Entity]
    #[ORM\Table(name: 'oro_order_line_item')]
    class OrderLineItem
    {
        #[ORM\Id]
        #[ORM\Column(type: 'integer')]
        #[ORM\GeneratedValue]
        protected ?int $id = null;
    }
}

namespace Oro\Bundle\ProductBundle\Entity {
    use Doctrine\ORM\Mapping as ORM;

    #[ORM\Entity]
    #[ORM\Table(name: 'oro_product')]
    class Product
    {
        #[ORM\Id]
        #[ORM\Column(type: 'integer')]
        #[ORM\GeneratedValue]
        protected ?int $id = null;

        #[ORM\Column(type: 'string')]
        protected ?string $sku = null;

        public function getSku()
        {
            return $this->sku;
        }

        public function setSku($sku)
        {
            $this->sku = $sku;

            return $this;
        }
    }

    #[ORM\Entity]
    #[ORM\Table(name: 'oro_product_unit_precision')]
    class ProductUnitPrecision
    {
        #[ORM\Id]
        #[ORM\Column(type: 'integer')]
        #[ORM\GeneratedValue]
        protected ?int $id = null;

        #[ORM\ManyToOne(targetEntity: Product::class)]
        protected ?Product $product = null;

        public function getProduct()
        {
            return $this->product;
        }

        public function setProduct(Product $product)
        {
            $this->product = $product;

            return $this;
        }

        public function getProductUnitCode()
        {
            return 'each';
        }
    }
}

namespace Oro\Bundle\InventoryBundle\Entity {
    use Doctrine\ORM\Mapping as ORM;
    use Oro\Bundle\ProductBundle\Entity\Product;
    use Oro\Bundle\ProductBundle\Entity\ProductUnitPrecision;

    #[ORM\Entity]
    #[ORM\Table(name: 'oro_inventory_level')]
    class InventoryLevel
    {
        #[ORM\Id]
        #[ORM\Column(type: 'integer')]
        #[ORM\GeneratedValue]
        protected ?int $id = null;

        #[ORM\Column(type: 'decimal', precision: 20, scale: 10)]
        protected $quantity = 0;

        #[ORM\ManyToOne(targetEntity: Product::class)]
        protected ?Product $product = null;

        #[ORM\ManyToOne(targetEntity: ProductUnitPrecision::class)]
        protected ?ProductUnitPrecision $productUnitPrecision = null;

        public function getId()
        {
            return $this->id;
        }

        public function getQuantity()
        {
            return $this->quantity;
        }

        public function setQuantity($quantity)
        {
            $this->quantity = $quantity;

            return $this;
        }

        public function getProduct()
        {
            return $this->product;
        }

        public function getProductUnitPrecision()
        {
            return $this->productUnitPrecision;
        }

        public function setProductUnitPrecision(ProductUnitPrecision $productUnitPrecision)
        {
            $this->productUnitPrecision = $productUnitPrecision;
            $this->product = $productUnitPrecision->getProduct();

            return $this;
        }
    }
}

namespace Oro\Bundle\MigrationBundle\Migration {
    use Doctrine\DBAL\Schema\Schema;

    class QueryBag
    {
    }

    interface Migration
    {
        public function up(Schema $schema, QueryBag $queries);
    }

    interface Installation extends Migration
    {
        public function getMigrationVersion();
    }
}

namespace Oro\Bundle\ActionBundle\Model {
    use Doctrine\Common\Collections\Collection;

    class ActionData
    {
        public function __construct(private array $values = [])
        {
        }

        public function getEntity()
        {
            return $this->values['data'] ?? null;
        }
    }

    abstract class AbstractOperationService
    {
        public function isPreConditionAllowed(ActionData $data, ?Collection $errors = null): bool
        {
            return true;
        }

        public function execute(ActionData $data): void
        {
        }
    }
}

namespace Oro\Bundle\UIBundle\Tools {
    class FlashMessageHelper
    {
        public function addFlashMessage(string $type, string $message, array $params, ?string $domain = null)
        {
        }
    }
}

namespace Oro\Bundle\UIBundle\View {
    class ScrollData
    {
        public function addNamedBlock($blockName, $title, $priority = null)
        {
        }

        public function addSubBlock($blockId, $title = null)
        {
        }

        public function addSubBlockData($blockId, $subBlockID, $html, $fieldName = null)
        {
        }
    }
}

namespace Oro\Bundle\SecurityBundle\Encoder {
    interface SymmetricCrypterInterface
    {
        public function encryptData($data);

        public function decryptData($data);
    }
}

namespace Oro\Bundle\SecurityBundle\Tools {
    class UUIDGenerator
    {
        public static function v4()
        {
            return '00000000-0000-4000-8000-000000000000';
        }
    }
}

namespace Oro\Bundle\SecurityBundle\Authentication {
    interface TokenAccessorInterface
    {
        public function getOrganizationId();
    }
}

namespace Oro\Bundle\NotificationBundle\NotificationAlert {
    use Doctrine\Persistence\ManagerRegistry;
    use Oro\Bundle\SecurityBundle\Authentication\TokenAccessorInterface;
    use Psr\Log\LoggerInterface;

    interface NotificationAlertInterface
    {
        public function getId(): string;

        public function getSourceType(): string;

        public function toArray(): array;
    }

    class NotificationAlertManager
    {
        public const ID = 'id';
        public const SOURCE_TYPE = 'sourceType';
        public const RESOURCE_TYPE = 'resourceType';
        public const ALERT_TYPE = 'alertType';
        public const OPERATION = 'operation';
        public const MESSAGE = 'message';

        public function __construct(
            private string $sourceType,
            private string $resourceType,
            private ManagerRegistry $doctrine,
            protected TokenAccessorInterface $tokenAccessor,
            protected LoggerInterface $logger
        ) {
        }

        public function getSourceType(): string
        {
            return $this->sourceType;
        }

        public function getResourceType(): string
        {
            return $this->resourceType;
        }

        public function addNotificationAlert(NotificationAlertInterface $alert, ?\DateTime $syncAt = null): string
        {
            return $alert->getId();
        }

        protected function getEntityManager()
        {
            return $this->doctrine->getManager();
        }

        protected function getTableName(): string
        {
            return 'oro_notification_alert';
        }
    }
}

namespace Oro\Bundle\ConfigBundle\Config {
    class ConfigManager
    {
        public function get($name)
        {
        }
    }
}

namespace Oro\Bundle\ConfigBundle\DependencyInjection {
    use Symfony\Component\Config\Definition\Builder\ArrayNodeDefinition;

    class SettingsBuilder
    {
        public static function append(ArrayNodeDefinition $root, array $settings): void
        {
            $children = $root->children()->arrayNode('settings')->addDefaultsIfNotSet()->children();
            foreach ($settings as $name => $setting) {
                $children->arrayNode($name)->addDefaultsIfNotSet()->children()
                    ->variableNode('value')->defaultValue($setting['value'])->end()
                    ->scalarNode('scope')->defaultValue('app')->end();
            }
        }

        public static function getSettings(array $config): array
        {
            return ['settings' => $config['settings'] ?? []];
        }
    }
}

namespace Oro\Bundle\DistributionBundle\Handler {
    class ApplicationState
    {
        public function isInstalled(): bool
        {
            return true;
        }
    }
}

namespace Symfony\Requirements {
    class RequirementCollection
    {
        public array $lines = [];

        public function addRecommendation($fulfilled, $testMessage, $helpHtml)
        {
            $this->lines[] = [$fulfilled, $testMessage, $helpHtml];
        }
    }
}

namespace Oro\Bundle\InstallerBundle\Provider {
    use Symfony\Requirements\RequirementCollection;

    abstract class AbstractRequirementsProvider
    {
        public function getRecommendations(): ?RequirementCollection
        {
            return null;
        }
    }
}

namespace Oro\Bundle\DataGridBundle\Datagrid\Common {
    class DatagridConfiguration
    {
        public function __construct(private string $name)
        {
        }

        public function getName(): string
        {
            return $this->name;
        }
    }

    class ResultsObject
    {
        public array $data = [];

        public function offsetAddToArray(string $key, array $values): self
        {
            $this->data[$key] = array_merge($this->data[$key] ?? [], $values);

            return $this;
        }
    }

    class MetadataObject extends ResultsObject
    {
        public const REQUIRED_MODULES_KEY = 'jsmodules';
    }
}

namespace Oro\Bundle\DataGridBundle\Datasource {
    interface DatasourceInterface
    {
    }
}

namespace Oro\Bundle\DataGridBundle\Provider {
    class DatagridModeProvider
    {
        public const DATAGRID_IMPORTEXPORT_MODE = 'importexport';
    }
}

namespace Oro\Bundle\DataGridBundle\Extension {
    use Oro\Bundle\DataGridBundle\Datagrid\Common\DatagridConfiguration;
    use Oro\Bundle\DataGridBundle\Datagrid\Common\MetadataObject;
    use Oro\Bundle\DataGridBundle\Datagrid\Common\ResultsObject;
    use Oro\Bundle\DataGridBundle\Datasource\DatasourceInterface;

    abstract class AbstractExtension
    {
        public function isApplicable(DatagridConfiguration $config)
        {
            return true;
        }

        public function visitDatasource(DatagridConfiguration $config, DatasourceInterface $datasource)
        {
        }

        public function visitMetadata(DatagridConfiguration $config, MetadataObject $data)
        {
        }

        public function visitResult(DatagridConfiguration $config, ResultsObject $result)
        {
        }

        public function getPriority()
        {
            return 0;
        }
    }
}

namespace Oro\Bundle\LocaleBundle\Formatter {
    class NumberFormatter
    {
        public function formatDecimal($value)
        {
            return number_format($value);
        }

        public function formatCurrency($value, $currencyCode = null)
        {
            return $currencyCode . ' ' . number_format($value, 2);
        }
    }
}

namespace Oro\Bundle\SecurityBundle\ORM\Walker {
    class AclHelper
    {
        public function apply($query, string $permission = 'VIEW', array $options = [])
        {
            return $query->getQuery();
        }
    }
}

namespace Oro\Component\DoctrineUtils\ORM {
    class QueryBuilderUtil
    {
        public static function removeUnusedParameters($queryBuilder): void
        {
        }
    }
}
