<?php

namespace Zigzag\Bundle\OrderReturnBundle;

use Symfony\Component\HttpKernel\Bundle\Bundle;

/**
 * The ZigzagOrderReturnBundle bundle class.
 */
class ZigzagOrderReturnBundle extends Bundle
{
}
