<?php

namespace Zigzag\Bundle\OrderReturnBundle\Datagrid;

/**
 * Counts the returns of the grid, and those among them that wait for a person.
 */
class ReturnTotalsExtension extends AbstractTotalsExtension
{
    private const ROW = 'total';

    #[\Override]
    protected function getDatagridName(): string
    {
        return 'zigzag-order-returns-grid';
    }

    #[\Override]
    protected function getRowNames(): array
    {
        return [self::ROW];
    }

    #[\Override]
    protected function getRows(): array
    {
        [$counts] = $this->select([
            'COUNT(orderReturn.id) AS returns',
            'COUNT(orderReturn.reviewReason) AS inReview',
        ]);

        return [
            self::ROW => [
                'externalId' => $this->getCell('zigzag.orderreturn.grid.total_returns', $counts['returns']),
                'reviewReason' => $this->getCell('zigzag.orderreturn.grid.total_in_review', $counts['inReview']),
            ],
        ];
    }

    private function getCell(string $label, int|string $count): array
    {
        return [
            'label' => $this->translator->trans($label),
            'total' => $this->numberFormatter->formatDecimal((int)$count),
        ];
    }
}
