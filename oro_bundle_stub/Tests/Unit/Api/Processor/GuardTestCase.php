<?php

namespace Zigzag\Bundle\OrderReturnBundle\Tests\Unit\Api\Processor;

use Oro\Bundle\ApiBundle\Form\NamedValidationConstraint;
use Oro\Bundle\ApiBundle\Processor\CustomizeFormData\CustomizeFormDataContext;
use Oro\Bundle\ApiBundle\Request\RequestType;
use Oro\Component\ChainProcessor\ProcessorInterface;
use Symfony\Component\Form\FormInterface;
use Symfony\Component\Form\Forms;
use Zigzag\Bundle\OrderReturnBundle\Api\StoredState;
use Zigzag\Bundle\OrderReturnBundle\Tests\Unit\DatabaseTestCase;

/**
 * Runs a guard the way the API does: once for each entity that came with the request,
 * for the included ones first, and for the primary one last.
 */
abstract class GuardTestCase extends DatabaseTestCase
{
    protected StoredState $storedState;

    protected function setUp(): void
    {
        parent::setUp();
        $this->storedState = new StoredState($this->doctrine);
    }

    /**
     * @param object[] $included
     * @param string[] $aspects of the request type
     *
     * @return array [[position of the entity, error type, status, property], ...], the primary entity is -1
     */
    protected function guard(
        ProcessorInterface $guard,
        object $primary,
        array $included = [],
        array $aspects = ['rest', 'json_api']
    ): array {
        $forms = new \SplObjectStorage();
        foreach ([$primary, ...$included] as $entity) {
            $forms[$entity] = Forms::createFormFactory()->createBuilder()->getForm();
        }

        foreach ([...$included, $primary] as $entity) {
            $context = $this->createMock(CustomizeFormDataContext::class);
            $context->method('getData')->willReturn($entity);
            $context->method('getForm')->willReturn($forms[$entity]);
            $context->method('getAllEntities')->willReturn([$primary, ...$included]);
            $context->method('getRequestType')->willReturn(new RequestType($aspects));
            $context->method('findForm')->willReturnCallback(
                static fn (object $searched) => $forms->contains($searched) ? $forms[$searched] : null
            );
            $guard->process($context);
        }

        $errors = $this->readErrors(-1, $forms[$primary]);
        foreach ($included as $position => $entity) {
            $errors = array_merge($errors, $this->readErrors($position, $forms[$entity]));
        }

        return $errors;
    }

    private function readErrors(int $position, FormInterface $form): array
    {
        $errors = [];
        foreach ($form->getErrors() as $error) {
            /** @var NamedValidationConstraint $constraint */
            $constraint = $error->getCause()->getConstraint();
            $errors[] = [
                $position,
                $constraint->getConstraintType(),
                $constraint->getStatusCode(),
                preg_replace('/^children\[(.*)\]$/', '$1', $error->getCause()->getPropertyPath()),
            ];
        }

        return $errors;
    }
}
