<?php

namespace Zigzag\Bundle\OrderReturnBundle\Operation;

use Doctrine\Common\Collections\Collection;
use Doctrine\ORM\EntityManagerInterface;
use Doctrine\Persistence\ManagerRegistry;
use Oro\Bundle\ActionBundle\Model\AbstractOperationService;
use Oro\Bundle\ActionBundle\Model\ActionData;
use Oro\Bundle\UIBundle\Tools\FlashMessageHelper;
use Zigzag\Bundle\OrderReturnBundle\Entity\OrderReturnCredit;

/**
 * Service implementation of the `zigzag_order_return_credit_issue` operation: a person approves a draft credit memo.
 * It is the only change that a stored credit memo ever sees.
 */
class IssueCreditOperation extends AbstractOperationService
{
    public function __construct(
        private readonly ManagerRegistry $doctrine,
        private readonly FlashMessageHelper $flashMessageHelper
    ) {
    }

    #[\Override]
    public function isPreConditionAllowed(ActionData $data, ?Collection $errors = null): bool
    {
        $credit = $data->getEntity();

        return $credit instanceof OrderReturnCredit && $credit->isDraft();
    }

    #[\Override]
    public function execute(ActionData $data): void
    {
        $credit = $data->getEntity();
        if (!$credit instanceof OrderReturnCredit || !$credit->isDraft()) {
            return;
        }

        $credit->setStatus(OrderReturnCredit::STATUS_ISSUED);
        /** @var EntityManagerInterface $em */
        $em = $this->doctrine->getManagerForClass(OrderReturnCredit::class);
        $em->flush();

        $this->flashMessageHelper->addFlashMessage(
            'success',
            'zigzag.orderreturn.operation.issue_credit.done',
            ['%posting_key%' => $credit->getPostingKey()]
        );
    }
}
