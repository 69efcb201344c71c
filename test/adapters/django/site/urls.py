"""The pages of the site: one to upload a document, one that leads to its file."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import get_object_or_404
from django.urls import path

from test.adapters.django.site.models import Document


def upload(request: HttpRequest) -> HttpResponse:
    """Keep what was sent."""
    document = Document.objects.create(file=request.FILES["file"])
    return JsonResponse({"id": document.pk, "name": document.file.name})


def show(request: HttpRequest, key: int) -> HttpResponse:
    """Lead to the file."""
    return HttpResponseRedirect(get_object_or_404(Document, pk=key).file.url)


urlpatterns = [path("upload", upload), path("documents/<int:key>", show)]
