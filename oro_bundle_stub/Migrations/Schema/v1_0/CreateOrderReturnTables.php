<?php

namespace Zigzag\Bundle\OrderReturnBundle\Migrations\Schema\v1_0;

use Doctrine\DBAL\Schema\Schema;
use Doctrine\DBAL\Schema\Table;
use Oro\Bundle\MigrationBundle\Migration\Migration;
use Oro\Bundle\MigrationBundle\Migration\QueryBag;

/**
 * Creates the five tables of returns.
 */
class CreateOrderReturnTables implements Migration
{
    #[\Override]
    public function up(Schema $schema, QueryBag $queries): void
    {
        $this->createReturnTable($schema);
        $this->createLineItemTable($schema);
        $this->createCreditTable($schema);
        $this->createCreditLineTable($schema);
        $this->createStockMovementTable($schema);

        $this->addReturnForeignKeys($schema);
        $this->addLineItemForeignKeys($schema);
        $this->addCreditForeignKeys($schema);
        $this->addCreditLineForeignKeys($schema);
        $this->addStockMovementForeignKeys($schema);
    }

    private function createReturnTable(Schema $schema): void
    {
        $table = $schema->createTable('zigzag_order_return');
        $table->addColumn('id', 'integer', ['autoincrement' => true]);
        $table->addColumn('order_id', 'integer', ['notnull' => false]);
        $table->addColumn('organization_id', 'integer', ['notnull' => false]);
        $table->addColumn('external_id', 'string', ['length' => 255]);
        $table->addColumn('order_identifier', 'string', ['notnull' => false, 'length' => 255]);
        $table->addColumn('status', 'string', ['length' => 32]);
        $table->addColumn('warehouse_code', 'string', ['notnull' => false, 'length' => 255]);
        $table->addColumn('tracking_number', 'string', ['notnull' => false, 'length' => 255]);
        $table->addColumn('carrier', 'string', ['notnull' => false, 'length' => 255]);
        $table->addColumn('reason_summary', 'string', ['notnull' => false, 'length' => 1000]);
        $table->addColumn('sync_state', 'string', ['length' => 32]);
        $table->addColumn('review_reason', 'string', ['notnull' => false, 'length' => 1000]);
        $table->addColumn('synced_at', 'datetime', ['notnull' => false, 'comment' => '(DC2Type:datetime)']);
        $table->addColumn('source_updated_at', 'datetime', ['notnull' => false, 'comment' => '(DC2Type:datetime)']);
        $table->addColumn('revision', 'integer', ['default' => 0]);
        $table->addColumn('created_at', 'datetime', ['comment' => '(DC2Type:datetime)']);
        $table->addColumn('updated_at', 'datetime', ['comment' => '(DC2Type:datetime)']);
        $table->setPrimaryKey(['id']);
        $table->addUniqueIndex(['external_id'], 'zigzag_return_external_id_uidx');
        $table->addIndex(['order_identifier'], 'zigzag_return_order_ident_idx');
        $table->addIndex(['status'], 'zigzag_return_status_idx');
        $table->addIndex(['sync_state'], 'zigzag_return_sync_state_idx');
        $table->addIndex(['updated_at'], 'zigzag_return_updated_at_idx');
    }

    private function createLineItemTable(Schema $schema): void
    {
        $table = $schema->createTable('zigzag_order_return_line_item');
        $table->addColumn('id', 'integer', ['autoincrement' => true]);
        $table->addColumn('order_return_id', 'integer');
        $table->addColumn('order_line_item_id', 'integer', ['notnull' => false]);
        $table->addColumn('product_id', 'integer', ['notnull' => false]);
        $table->addColumn('line_key', 'string', ['length' => 255]);
        $table->addColumn('product_sku', 'string', ['notnull' => false, 'length' => 255]);
        $table->addColumn('product_unit_code', 'string', ['notnull' => false, 'length' => 255]);
        $this->addQuantityColumn($table, 'requested_quantity', ['default' => 0]);
        $this->addQuantityColumn($table, 'received_quantity', ['default' => 0]);
        $this->addQuantityColumn($table, 'accepted_quantity', ['default' => 0]);
        $this->addQuantityColumn($table, 'credited_quantity', ['default' => 0]);
        $this->addQuantityColumn($table, 'restocked_quantity', ['default' => 0]);
        $table->addColumn('grade', 'string', ['notnull' => false, 'length' => 255]);
        $table->addColumn('disposition', 'string', ['notnull' => false, 'length' => 255]);
        $table->addColumn('reason_code', 'string', ['notnull' => false, 'length' => 255]);
        $table->addColumn('review_reason', 'string', ['notnull' => false, 'length' => 1000]);
        $table->setPrimaryKey(['id']);
        $table->addUniqueIndex(['line_key'], 'zigzag_return_line_key_uidx');
    }

    private function createCreditTable(Schema $schema): void
    {
        $table = $schema->createTable('zigzag_order_return_credit');
        $table->addColumn('id', 'integer', ['autoincrement' => true]);
        $table->addColumn('order_return_id', 'integer');
        $table->addColumn('order_id', 'integer', ['notnull' => false]);
        $table->addColumn('organization_id', 'integer', ['notnull' => false]);
        $table->addColumn('posting_key', 'string', ['length' => 255]);
        $table->addColumn('currency', 'string', ['length' => 3]);
        $this->addMoneyColumn($table, 'net_value');
        $this->addMoneyColumn($table, 'tax_value');
        $this->addMoneyColumn($table, 'total_value');
        $table->addColumn('status', 'string', ['length' => 16]);
        $table->addColumn('digest', 'string', ['notnull' => false, 'length' => 255]);
        $table->addColumn('created_at', 'datetime', ['comment' => '(DC2Type:datetime)']);
        $table->setPrimaryKey(['id']);
        $table->addUniqueIndex(['posting_key'], 'zigzag_return_credit_key_uidx');
        $table->addIndex(['created_at'], 'zigzag_return_credit_created_idx');
        $table->addIndex(['status'], 'zigzag_return_credit_status_idx');
    }

    private function createCreditLineTable(Schema $schema): void
    {
        $table = $schema->createTable('zigzag_order_return_credit_line');
        $table->addColumn('id', 'integer', ['autoincrement' => true]);
        $table->addColumn('credit_id', 'integer');
        $table->addColumn('order_return_line_item_id', 'integer', ['notnull' => false]);
        $table->addColumn('product_id', 'integer', ['notnull' => false]);
        $table->addColumn('product_sku', 'string', ['notnull' => false, 'length' => 255]);
        $table->addColumn('description', 'string', ['notnull' => false, 'length' => 255]);
        $this->addQuantityColumn($table, 'quantity');
        $table->addColumn('product_unit_code', 'string', ['notnull' => false, 'length' => 255]);
        $this->addMoneyColumn($table, 'net_value');
        $this->addMoneyColumn($table, 'tax_value');
        $this->addMoneyColumn($table, 'value');
        $table->setPrimaryKey(['id']);
    }

    private function createStockMovementTable(Schema $schema): void
    {
        $table = $schema->createTable('zigzag_order_return_stock_movement');
        $table->addColumn('id', 'integer', ['autoincrement' => true]);
        $table->addColumn('inventory_level_id', 'integer', ['notnull' => false]);
        $table->addColumn('order_return_id', 'integer');
        $table->addColumn('credit_id', 'integer', ['notnull' => false]);
        $table->addColumn('organization_id', 'integer', ['notnull' => false]);
        $table->addColumn('posting_key', 'string', ['length' => 255]);
        $this->addQuantityColumn($table, 'quantity');
        $table->addColumn('product_sku', 'string', ['notnull' => false, 'length' => 255]);
        $table->addColumn('product_unit_code', 'string', ['notnull' => false, 'length' => 255]);
        $table->addColumn('created_at', 'datetime', ['comment' => '(DC2Type:datetime)']);
        $table->setPrimaryKey(['id']);
        $table->addUniqueIndex(['posting_key'], 'zigzag_return_movement_key_uidx');
    }

    private function addReturnForeignKeys(Schema $schema): void
    {
        $this->addForeignKey($schema, 'zigzag_order_return', 'order_id', 'oro_order', 'SET NULL');
        $this->addForeignKey($schema, 'zigzag_order_return', 'organization_id', 'oro_organization', 'SET NULL');
    }

    private function addLineItemForeignKeys(Schema $schema): void
    {
        $table = 'zigzag_order_return_line_item';
        $this->addForeignKey($schema, $table, 'order_return_id', 'zigzag_order_return', 'CASCADE');
        $this->addForeignKey($schema, $table, 'order_line_item_id', 'oro_order_line_item', 'SET NULL');
        $this->addForeignKey($schema, $table, 'product_id', 'oro_product', 'SET NULL');
    }

    private function addCreditForeignKeys(Schema $schema): void
    {
        $table = 'zigzag_order_return_credit';
        $this->addForeignKey($schema, $table, 'order_return_id', 'zigzag_order_return', 'RESTRICT');
        $this->addForeignKey($schema, $table, 'order_id', 'oro_order', 'SET NULL');
        $this->addForeignKey($schema, $table, 'organization_id', 'oro_organization', 'SET NULL');
    }

    private function addCreditLineForeignKeys(Schema $schema): void
    {
        $table = 'zigzag_order_return_credit_line';
        $this->addForeignKey($schema, $table, 'credit_id', 'zigzag_order_return_credit', 'RESTRICT');
        $this->addForeignKey(
            $schema,
            $table,
            'order_return_line_item_id',
            'zigzag_order_return_line_item',
            'SET NULL'
        );
        $this->addForeignKey($schema, $table, 'product_id', 'oro_product', 'SET NULL');
    }

    private function addStockMovementForeignKeys(Schema $schema): void
    {
        $table = 'zigzag_order_return_stock_movement';
        $this->addForeignKey($schema, $table, 'inventory_level_id', 'oro_inventory_level', 'SET NULL');
        $this->addForeignKey($schema, $table, 'order_return_id', 'zigzag_order_return', 'RESTRICT');
        $this->addForeignKey($schema, $table, 'credit_id', 'zigzag_order_return_credit', 'RESTRICT');
        $this->addForeignKey($schema, $table, 'organization_id', 'oro_organization', 'SET NULL');
    }

    private function addQuantityColumn(Table $table, string $name, array $options = []): void
    {
        $table->addColumn($name, 'decimal', ['precision' => 20, 'scale' => 10] + $options);
    }

    private function addMoneyColumn(Table $table, string $name): void
    {
        $table->addColumn($name, 'money', ['precision' => 19, 'scale' => 4, 'comment' => '(DC2Type:money)']);
    }

    private function addForeignKey(
        Schema $schema,
        string $tableName,
        string $column,
        string $referencedTableName,
        string $onDelete
    ): void {
        $schema->getTable($tableName)->addForeignKeyConstraint(
            $schema->getTable($referencedTableName),
            [$column],
            ['id'],
            ['onUpdate' => null, 'onDelete' => $onDelete]
        );
    }
}
