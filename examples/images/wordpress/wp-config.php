<?php
// Copyright: (c) 2026, drover.docker contributors
// SPDX-License-Identifier: GPL-3.0-or-later
//
// The configuration comes from the environment, so that every member has the same.

require_once '/usr/local/lib/wordpress/environment.php';

define('DB_HOST', setting('DB_HOST', 'mysql'));
define('DB_NAME', setting('DB_NAME', 'wordpress'));
define('DB_USER', setting('DB_USER', 'wordpress'));
define('DB_PASSWORD', setting('DB_PASSWORD', ''));
define('DB_CHARSET', 'utf8mb4');
define('DB_COLLATE', '');
$table_prefix = setting('TABLE_PREFIX', 'wp_');

// Cookies made by one member must be good at all: without keys in the environment they follow from the database's password.
foreach (['AUTH', 'SECURE_AUTH', 'LOGGED_IN', 'NONCE'] as $kind) {
    foreach (['KEY', 'SALT'] as $part) {
        define("{$kind}_{$part}", setting("{$kind}_{$part}", hash_hmac('sha256', "$kind $part " . DB_NAME, DB_PASSWORD)));
    }
}

// The site is where it was asked for: at a member's address, a published port or a load balancer.
if (($_SERVER['HTTP_X_FORWARDED_PROTO'] ?? '') === 'https') {
    $_SERVER['HTTPS'] = 'on';
}
$fallback = parse_url(setting('URL', 'http://localhost'));
if (!preg_match('/^[A-Za-z0-9.:\[\]_-]+$/', $_SERVER['HTTP_HOST'] ?? '')) { // missing in HTTP/1.0 and on the command line
    $_SERVER['HTTP_HOST'] = $fallback['host'] . (isset($fallback['port']) ? ":{$fallback['port']}" : '');
}
define('WP_HOME', (empty($_SERVER['HTTPS']) ? 'http://' : 'https://') . $_SERVER['HTTP_HOST']);
define('WP_SITEURL', WP_HOME);

// Members are alike: code comes with the image, and nothing but the database is asked for anything.
define('DISALLOW_FILE_MODS', true);
define('AUTOMATIC_UPDATER_DISABLED', true);
define('WP_HTTP_BLOCK_EXTERNAL', true);
define('WP_DEBUG', false);

defined('ABSPATH') || define('ABSPATH', __DIR__ . '/');
require_once ABSPATH . 'wp-settings.php';
