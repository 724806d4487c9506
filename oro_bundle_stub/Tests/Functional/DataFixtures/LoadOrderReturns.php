<?php

namespace Zigzag\Bundle\OrderReturnBundle\Tests\Functional\DataFixtures;

use Doctrine\Common\DataFixtures\AbstractFixture;
use Doctrine\Common\DataFixtures\DependentFixtureInterface;
use Doctrine\Persistence\ObjectManager;
use Oro\Bundle\OrderBundle\Tests\Functional\DataFixtures\LoadOrders;
use Oro\Bundle\TestFrameworkBundle\Tests\Functional\DataFixtures\LoadOrganization;
use Zigzag\Bundle\OrderReturnBundle\Entity\OrderReturn;
use Zigzag\Bundle\OrderReturnBundle\Entity\OrderReturnCredit;
use Zigzag\Bundle\OrderReturnBundle\Entity\OrderReturnCreditLine;
use Zigzag\Bundle\OrderReturnBundle\Entity\OrderReturnLineItem;

/**
 * A return of an order with one line, an issued credit memo in USD, and drafts in USD and EUR.
 */
class LoadOrderReturns extends AbstractFixture implements DependentFixtureInterface
{
    public const ORDER_RETURN = 'order_return';
    public const ISSUED = 'order_return_credit.issued';
    public const DRAFT = 'order_return_credit.draft';
    public const DRAFT_EUR = 'order_return_credit.draft_eur';

    #[\Override]
    public function getDependencies(): array
    {
        return [LoadOrders::class, LoadOrganization::class];
    }

    #[\Override]
    public function load(ObjectManager $manager): void
    {
        $orderReturn = (new OrderReturn())
            ->setExternalId('ZZ-1001')
            ->setOrder($this->getReference(LoadOrders::ORDER_1))
            ->setOrderIdentifier('SO-1')
            ->setStatus('graded')
            ->setSyncState('review')
            ->setReviewReason('sku_inactive')
            ->setOrganization($this->getReference('organization'))
            ->addLineItem(
                (new OrderReturnLineItem())->setLineKey('ZZ-1001/1')->setProductSku('GLOVE')->setAcceptedQuantity('1.5')
            );
        $manager->persist($orderReturn);
        $this->setReference(self::ORDER_RETURN, $orderReturn);

        $this->loadCredit($manager, self::ISSUED, 'GL:ZZ-1001:1', 'USD', OrderReturnCredit::STATUS_ISSUED);
        $this->loadCredit($manager, self::DRAFT, 'GL:ZZ-1001:2', 'USD', OrderReturnCredit::STATUS_DRAFT);
        $this->loadCredit($manager, self::DRAFT_EUR, 'GL:ZZ-1001:3', 'EUR', OrderReturnCredit::STATUS_DRAFT);
        $manager->flush();
    }

    private function loadCredit(
        ObjectManager $manager,
        string $reference,
        string $postingKey,
        string $currency,
        string $status
    ): void {
        $credit = (new OrderReturnCredit())
            ->setPostingKey($postingKey)
            ->setOrderReturn($this->getReference(self::ORDER_RETURN))
            ->setCurrency($currency)
            ->setNetValue('100.00')
            ->setTaxValue('20.00')
            ->setTotalValue('120.00')
            ->setStatus($status)
            ->setOrganization($this->getReference('organization'))
            ->addLine(
                (new OrderReturnCreditLine())
                    ->setProductSku('GLOVE')
                    ->setQuantity('1.5')
                    ->setNetValue('100.00')
                    ->setTaxValue('20.00')
                    ->setValue('120.00')
            );
        $manager->persist($credit);
        $this->setReference($reference, $credit);
    }
}
