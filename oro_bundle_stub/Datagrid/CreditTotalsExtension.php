<?php

namespace Zigzag\Bundle\OrderReturnBundle\Datagrid;

use Doctrine\Persistence\ManagerRegistry;
use Oro\Bundle\LocaleBundle\Formatter\NumberFormatter;
use Oro\Bundle\SecurityBundle\ORM\Walker\AclHelper;
use Symfony\Contracts\Translation\TranslatorInterface;
use Zigzag\Bundle\OrderReturnBundle\Entity\OrderReturnCredit;

/**
 * Sums up the credit memos of the grid. Amounts of different currencies are never added,
 * and drafts are kept apart from what is issued.
 */
class CreditTotalsExtension extends AbstractTotalsExtension
{
    public function __construct(
        AclHelper $aclHelper,
        NumberFormatter $numberFormatter,
        TranslatorInterface $translator,
        private readonly ManagerRegistry $doctrine
    ) {
        parent::__construct($aclHelper, $numberFormatter, $translator);
    }

    #[\Override]
    protected function getDatagridName(): string
    {
        return 'zigzag-order-return-credits-grid';
    }

    #[\Override]
    protected function getRowNames(): array
    {
        return array_keys($this->getKinds());
    }

    #[\Override]
    protected function getRows(): array
    {
        $sums = array_map(
            static fn (array $kind) => $kind + ['memos' => 0, 'net' => '0', 'tax' => '0', 'total' => '0'],
            $this->getKinds()
        );
        $found = $this->select(
            [
                'credit.currency',
                'credit.status',
                'COUNT(credit.id) AS memos',
                'SUM(credit.netValue) AS net',
                'SUM(credit.taxValue) AS tax',
                'SUM(credit.totalValue) AS total',
            ],
            ['credit.currency', 'credit.status']
        );
        foreach ($found as $sum) {
            $sums[$this->getRowName($sum)] = $sum;
        }

        return array_map($this->getColumns(...), $sums);
    }

    /**
     * The combinations of currency and status there are, whatever the filters let through:
     * a row that came and went with the filters would have no place on the page.
     *
     * @return array [row name => ['currency' => string, 'status' => string], ...]
     */
    private function getKinds(): array
    {
        $queryBuilder = $this->doctrine->getManagerForClass(OrderReturnCredit::class)->createQueryBuilder()
            ->select('DISTINCT credit.currency, credit.status')
            ->from(OrderReturnCredit::class, 'credit')
            ->orderBy('credit.currency')
            ->addOrderBy('credit.status', 'DESC');

        $kinds = [];
        foreach ($this->fetch($queryBuilder) as $kind) {
            $kinds[$this->getRowName($kind)] = $kind;
        }

        return $kinds;
    }

    private function getRowName(array $kind): string
    {
        return $kind['currency'] . '_' . $kind['status'];
    }

    private function getColumns(array $sum): array
    {
        return [
            'postingKey' => [
                'label' => $this->translator->trans('zigzag.orderreturn.orderreturncredit.entity_plural_label'),
                'total' => $this->numberFormatter->formatDecimal((int)$sum['memos']),
            ],
            'currency' => ['label' => $sum['currency']],
            'netValue' => $this->getAmount($sum['net'], $sum['currency']),
            'taxValue' => $this->getAmount($sum['tax'], $sum['currency']),
            'totalValue' => $this->getAmount($sum['total'], $sum['currency']),
            'status' => [
                'label' => $this->translator->trans(
                    'zigzag.orderreturn.orderreturncredit.status.choices.' . $sum['status']
                ),
            ],
        ];
    }

    private function getAmount(int|float|string $amount, string $currency): array
    {
        return ['total' => $this->numberFormatter->formatCurrency($amount, $currency)];
    }
}
