<?php
foreach (array_slice($argv, 1) as $url) {
    $text = @file_get_contents($url, false, stream_context_create(["http" => ["timeout" => 20]]));
    echo $text === false ? "failed $url" : "200 $text", "\n";
}
