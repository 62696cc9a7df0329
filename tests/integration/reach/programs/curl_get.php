<?php
foreach (array_slice($argv, 1) as $url) {
    $call = curl_init($url);
    curl_setopt_array($call, [CURLOPT_RETURNTRANSFER => true, CURLOPT_TIMEOUT => 20]);
    $text = curl_exec($call);
    echo $text === false ? "failed $url " . curl_error($call) : curl_getinfo($call, CURLINFO_HTTP_CODE) . " $text", "\n";
}
