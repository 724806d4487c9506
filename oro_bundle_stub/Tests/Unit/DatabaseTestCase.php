<?php

namespace Zigzag\Bundle\OrderReturnBundle\Tests\Unit;

use Doctrine\DBAL\DriverManager;
use Doctrine\DBAL\Types\DecimalType;
use Doctrine\DBAL\Types\Type;
use Doctrine\ORM\Configuration;
use Doctrine\ORM\EntityManager;
use Doctrine\ORM\EntityManagerInterface;
use Doctrine\ORM\Mapping\Driver\AttributeDriver;
use Doctrine\ORM\Proxy\ProxyFactory;
use Doctrine\ORM\Tools\SchemaTool;
use Doctrine\Persistence\ManagerRegistry;
use Oro\Bundle\InventoryBundle\Entity\InventoryLevel;
use Oro\Bundle\OrderBundle\Entity\Order;
use Oro\Bundle\ProductBundle\Entity\Product;
use Oro\Bundle\ProductBundle\Entity\ProductUnitPrecision;
use PHPUnit\Framework\TestCase;
use Zigzag\Bundle\OrderReturnBundle\Entity\OrderReturn;
use Zigzag\Bundle\OrderReturnBundle\Entity\OrderReturnCredit;
use Zigzag\Bundle\OrderReturnBundle\Entity\OrderReturnLineItem;

/**
 * A real entity manager on a database in memory, with the tables of the bundle and stand-ins of those of Oro.
 * It proves what the guards do to rows; locks and simultaneous transactions need a real server.
 */
abstract class DatabaseTestCase extends TestCase
{
    protected EntityManagerInterface $em;
    protected ManagerRegistry $doctrine;

    protected function setUp(): void
    {
        if (!str_contains((new \ReflectionClass(Order::class))->getFileName(), 'Stub')) {
            self::markTestSkipped('Needs the stand-ins of the entities of Oro.');
        }
        if (!Type::hasType('money')) {
            Type::addType('money', \get_class(new class() extends DecimalType {
                public function getName(): string
                {
                    return 'money';
                }

                public function getSQLDeclaration(array $column, $platform): string
                {
                    return $platform->getDecimalTypeDeclarationSQL(['precision' => 19, 'scale' => 4] + $column);
                }

                public function requiresSQLCommentHint($platform): bool
                {
                    return true;
                }
            }));
        }

        $config = new Configuration();
        $config->setMetadataDriverImpl(
            new AttributeDriver([dirname(__DIR__, 2) . '/Entity', dirname(__DIR__) . '/Stub'])
        );
        $config->setProxyDir(sys_get_temp_dir());
        $config->setProxyNamespace('Zigzag\Proxies');
        $config->setAutoGenerateProxyClasses(ProxyFactory::AUTOGENERATE_EVAL);
        $this->em = EntityManager::create(
            DriverManager::getConnection(['driver' => 'pdo_sqlite', 'memory' => true]),
            $config
        );
        $this->doctrine = $this->createMock(ManagerRegistry::class);
        $this->doctrine->method('getManagerForClass')->willReturn($this->em);
        $this->doctrine->method('getManager')->willReturn($this->em);
        $this->doctrine->method('getConnection')->willReturn($this->em->getConnection());

        (new SchemaTool($this->em))->createSchema($this->em->getMetadataFactory()->getAllMetadata());
    }

    protected function newReturn(string $externalId, string ...$lineKeys): OrderReturn
    {
        $orderReturn = (new OrderReturn())
            ->setExternalId($externalId)
            ->setCreatedAt(new \DateTime('2026-11-20 10:00:00'))
            ->setUpdatedAt(new \DateTime('2026-11-20 10:00:00'));
        foreach ($lineKeys as $lineKey) {
            $orderReturn->addLineItem((new OrderReturnLineItem())->setLineKey($lineKey));
        }

        return $orderReturn;
    }

    protected function newCredit(OrderReturn $orderReturn, string $postingKey): OrderReturnCredit
    {
        return (new OrderReturnCredit())
            ->setOrderReturn($orderReturn)
            ->setPostingKey($postingKey)
            ->setCurrency('GBP')
            ->setNetValue('100.00')
            ->setTaxValue('20.00')
            ->setTotalValue('120.00')
            ->setCreatedAt(new \DateTime('2026-11-20 10:00:00'));
    }

    protected function newInventoryLevel(string $sku, string $quantity): InventoryLevel
    {
        $product = (new Product())->setSku($sku);
        $precision = (new ProductUnitPrecision())->setProduct($product);
        $level = (new InventoryLevel())->setProductUnitPrecision($precision)->setQuantity($quantity);
        $this->em->persist($product);
        $this->em->persist($precision);

        return $level;
    }

    /**
     * Stores the entities and forgets them, so that the test reads them as a request does.
     */
    protected function store(object ...$entities): void
    {
        foreach ($entities as $entity) {
            $this->em->persist($entity);
        }
        $this->em->flush();
        $this->em->clear();
    }

    /**
     * @template T of object
     * @param class-string<T> $class
     * @return T
     */
    protected function load(string $class, array $criteria): object
    {
        return $this->em->getRepository($class)->findOneBy($criteria);
    }
}
