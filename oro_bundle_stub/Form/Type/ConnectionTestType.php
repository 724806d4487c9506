<?php

namespace Zigzag\Bundle\OrderReturnBundle\Form\Type;

use Symfony\Component\Form\AbstractType;
use Symfony\Component\Form\Extension\Core\Type\TextType;

/**
 * The "Test connection" button of the system configuration page. It holds no value.
 */
class ConnectionTestType extends AbstractType
{
    #[\Override]
    public function getParent(): ?string
    {
        return TextType::class;
    }

    #[\Override]
    public function getBlockPrefix(): string
    {
        return 'zigzag_order_return_connection_test';
    }
}
